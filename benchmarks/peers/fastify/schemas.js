// What comes in is validated, and what goes out is written, by code that Fastify compiles from these once.

const string = { type: 'string' }
const integer = { type: 'integer' }
const uuid = { type: 'string', format: 'uuid' }
const nullable = (schema) => ({ ...schema, nullable: true })
const object = (properties) => ({ type: 'object', properties })
const texts = { type: 'object', additionalProperties: string }
const money = object({ amount: integer, currency: string })

const productBody = object({
  id: string,
  sku: string,
  name: string,
  description: string,
  price: money,
  attributes: texts,
  status: string,
  available: integer,
  max_per_order: nullable(integer),
  version: integer,
  created_at: string,
  updated_at: string,
})

const lineBody = object({
  id: string,
  product_id: string,
  sku: string,
  name: string,
  unit_price: money,
  quantity: integer,
  fulfilled: integer,
  cancelled: integer,
  returned: integer,
  refunded: integer,
  line_total: money,
})

const orderBody = object({
  id: string,
  number: string,
  status: string,
  payment_status: string,
  fulfillment_status: string,
  allowed_actions: { type: 'array', items: string },
  currency: string,
  lines: { type: 'array', items: lineBody },
  total: money,
  paid_total: money,
  refunded_total: money,
  payable_total: money,
  disputed: { type: 'boolean' },
  customer_id: string,
  guest: { ...object({ email: string, full_name: nullable(string) }), nullable: true },
  shipping_address: { ...texts, nullable: true },
  note: nullable(string),
  metadata: texts,
  expires_at: string,
  placed_at: string,
  updated_at: string,
  version: integer,
})

const byId = { type: 'object', properties: { id: uuid } }

export const health = { response: { 200: object({ status: string }) } }
export const product = { params: byId, response: { 200: productBody } }
export const products = {
  querystring: {
    type: 'object',
    properties: { limit: { type: 'string', pattern: '^([1-9][0-9]?|100)$' } },
    additionalProperties: false,
  },
  response: { 200: object({ items: { type: 'array', items: productBody }, next_cursor: nullable(string) }) },
}
export const order = { params: byId, response: { 200: orderBody } }
export const placing = {
  body: {
    type: 'object',
    required: ['lines'],
    additionalProperties: false,
    properties: {
      lines: {
        type: 'array',
        minItems: 1,
        maxItems: 100,
        items: {
          type: 'object',
          required: ['product_id', 'quantity'],
          additionalProperties: false,
          properties: { product_id: uuid, quantity: { type: 'integer', minimum: 1, maximum: 1_000_000 } },
        },
      },
    },
  },
}
