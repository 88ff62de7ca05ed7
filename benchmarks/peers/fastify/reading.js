import { createHash, createHmac } from 'node:crypto'
import { run, sql, statement } from './database.js'
import { Problem } from './problems.js'

const PRODUCT = statement('product')
const PAGE = statement('page')
const ORDER = statement('order')
const SECRET = Buffer.from(process.env.CURSOR_SECRET, 'hex')
const ACTIONS = { pending_payment: ['pay', 'cancel', 'cancel_lines', 'change'] }

const money = (amount, currency) => ({ amount, currency })

const productOf = (row) => ({
  id: row.id,
  sku: row.sku,
  name: row.name,
  description: row.description,
  price: money(row.price_amount, row.price_currency),
  attributes: row.attributes,
  status: row.status,
  available: row.available,
  max_per_order: row.max_per_order,
  version: row.version,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

export async function getProduct(request, reply) {
  const [row] = await run(sql, PRODUCT, [request.params.id])
  const staff = request.principal && request.principal.role !== 'customer'
  if (!row || (row.status !== 'active' && !staff)) throw new Problem(404, 'not_found')
  letBeStored(request, reply)
  return unlessKnown(request, reply, `"v${row.version}"`) ?? productOf(row)
}

export async function listProducts(request, reply) {
  const limit = Number(request.query.limit ?? 25)
  const rows = await run(sql, PAGE, [limit + 1])
  const items = rows.slice(0, limit).map(productOf)
  let cursor = null
  if (rows.length > limit) {
    const last = items[limit - 1]
    cursor = seal(`${last.created_at} ${last.id}`)
    reply.header('link', `</v1/products?limit=${limit}&cursor=${cursor}>; rel="next"`)
  }
  const body = reply.serialize({ items, next_cursor: cursor })
  letBeStored(request, reply)
  const tag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"`
  reply.type('application/json; charset=utf-8')
  return unlessKnown(request, reply, tag) ?? Buffer.from(body)
}

export async function getOrder(request, reply) {
  const rows = await run(sql, ORDER, [request.params.id])
  const owner = request.principal.role !== 'customer' || rows[0]?.customer_id === request.principal.id
  if (rows.length === 0 || !owner) throw new Problem(404, 'not_found')
  const order = orderOf(rows)
  return unlessKnown(request, reply, `"v${order.version}"`) ?? order
}

function orderOf(rows) {
  const [row] = rows
  const lines = rows.map((line) => lineOf(line, row.currency))
  return withDerived({
    id: row.id,
    number: row.number,
    status: row.status,
    currency: row.currency,
    lines,
    total: money(row.total_amount, row.currency),
    paid_total: money(row.paid_amount, row.currency),
    refunded_total: money(row.refunded_amount, row.currency),
    payable_total: money(row.total_amount - row.cancelled_amount, row.currency),
    disputed: row.open_disputes > 0,
    customer_id: row.customer_id,
    guest: row.guest_email_typed === null ? null : { email: row.guest_email_typed, full_name: row.guest_name },
    shipping_address: row.shipping_address,
    note: row.note,
    metadata: row.metadata,
    expires_at: row.expires_at,
    placed_at: row.placed_at,
    updated_at: row.updated_at,
    version: row.version,
  })
}

const lineOf = (row, currency) => ({
  id: row.line_id,
  product_id: row.product_id,
  sku: row.sku,
  name: row.name,
  unit_price: money(row.unit_price_amount, currency),
  quantity: row.quantity,
  fulfilled: row.fulfilled,
  cancelled: row.cancelled,
  returned: row.returned,
  refunded: row.refunded,
  line_total: money(row.unit_price_amount * row.quantity, currency),
})

// What is not kept but follows from what is.
export function withDerived(order) {
  const ordered = order.lines.reduce((sum, line) => sum + line.quantity, 0)
  const fulfilled = order.lines.reduce((sum, line) => sum + line.fulfilled, 0)
  return {
    ...order,
    payment_status: paymentStatus(order.status, order.total.amount, order.paid_total.amount, order.refunded_total.amount),
    fulfillment_status: fulfilled === 0 ? 'unfulfilled' : fulfilled >= ordered ? 'fulfilled' : 'partial',
    allowed_actions: ACTIONS[order.status] ?? [],
  }
}

function paymentStatus(status, total, paid, refunded) {
  if (paid > 0 && refunded >= paid) return 'refunded'
  if (paid > refunded && (status === 'cancelled' || status === 'expired')) return 'refund_due'
  if (refunded > 0) return 'partially_refunded'
  return paid >= total ? 'paid' : 'unpaid'
}

function seal(position) {
  const mac = createHmac('sha256', SECRET).update(position).digest().subarray(0, 16)
  return Buffer.concat([mac, Buffer.from(position)]).toString('base64url')
}

function letBeStored(request, reply) {
  reply.header('vary', 'authorization')
  reply.header('cache-control', request.principal ? 'private, no-cache' : 'public, no-cache')
}

function unlessKnown(request, reply, tag) {
  reply.header('etag', tag)
  if (request.headers['if-none-match'] !== tag) return undefined
  reply.code(304)
  return ''
}
