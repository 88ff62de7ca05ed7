// The service's work in Node: Fastify 5 and postgres, with schemas for what comes in and what goes out.
//
// PLACING tells how an order is placed: by "statements" (pipelined, in one transaction) or by one "function".

import Fastify from 'fastify'
import { getOrder, getProduct, listProducts } from './reading.js'
import { byFunction, byStatements, placeOrder } from './placing.js'
import { createAuthenticate } from './identity.js'
import { Problem, problemOf } from './problems.js'
import * as schemas from './schemas.js'
import { randomBytes } from 'node:crypto'

const app = Fastify({
  logger: false,
  bodyLimit: 256 * 1024,
  genReqId: () => randomBytes(16).toString('hex'),
  requestIdHeader: 'x-request-id',
  ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
})

const authenticate = createAuthenticate(process.env.JWKS, process.env.TOKEN_ISSUER, process.env.TOKEN_AUDIENCE)
const visitor = async (request) => {
  request.principal = authenticate(request.headers.authorization)
}
const customer = async (request) => {
  await visitor(request)
  if (!request.principal) throw new Problem(401, 'authentication_required')
}

app.decorateRequest('principal', null)
app.addHook('onRequest', async (request, reply) => {
  reply.header('x-request-id', request.id)
  reply.header('x-content-type-options', 'nosniff')
  reply.header('cache-control', 'no-store')
})
app.setErrorHandler((error, request, reply) => {
  const problem = problemOf(error)
  if (problem.status === 500) console.error(request.id, error)
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  if (problem.status === 503) reply.header('retry-after', '1')
  reply.code(problem.status).type('application/problem+json').send(
    JSON.stringify({
      type: `/problems/${problem.code}`,
      title: problem.code,
      status: problem.status,
      instance: request.url,
      code: problem.code,
      request_id: request.id,
    }),
  )
})

app.get('/livez', { schema: schemas.health }, async () => ({ status: 'ok' }))
app.get('/v1/products', { schema: schemas.products, preHandler: visitor }, listProducts)
app.get('/v1/products/:id', { schema: schemas.product, preHandler: visitor }, getProduct)
app.get('/v1/orders/:id', { schema: schemas.order, preHandler: customer }, getOrder)
app.post(
  '/v1/orders',
  { schema: schemas.placing, preHandler: customer },
  placeOrder(process.env.PLACING === 'function' ? byFunction : byStatements),
)

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
