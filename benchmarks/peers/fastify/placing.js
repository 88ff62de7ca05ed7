import { createHash } from 'node:crypto'
import { run, sql, statement } from './database.js'
import { newId, orderNumber } from './identity.js'
import { Problem } from './problems.js'
import { withDerived } from './reading.js'

const CLAIM = statement('claim')
const LOCK = statement('lock')
const INSERT_ORDERS = statement('insert_orders')
const INSERT_LINES = statement('insert_lines')
const INSERT_HISTORY = statement('insert_history')
const UPDATE_STOCKS = statement('update_stocks')
const INSERT_MOVEMENTS = statement('insert_movements')
const INSERT_EVENTS = statement('insert_events')
const BIND_KEYS = statement('bind_keys')
const CALL = 'SELECT body, replayed FROM place_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)'
// postgres would take a list of buffers for one of them.
const BYTEA_ARRAY = 1001
const HOLD_MS = 15 * 60 * 1000

export const placeOrder = (place) => async (request, reply) => {
  const { body, replayed } = await place(commandOf(request))
  const { id } = JSON.parse(body)
  reply.code(201).type('application/json; charset=utf-8')
  reply.header('location', `/v1/orders/${id}`)
  reply.header('etag', '"v1"')
  if (replayed) reply.header('idempotent-replayed', 'true')
  return Buffer.from(body)
}

function commandOf(request) {
  const key = request.headers['idempotency-key']
  if (!key || key.length > 255) throw new Problem(400, 'idempotency_key_required')
  const quantities = new Map()
  for (const { product_id: product, quantity } of request.body.lines) {
    const id = product.toLowerCase()
    quantities.set(id, (quantities.get(id) ?? 0) + quantity)
  }
  return {
    customer: request.principal.id,
    key,
    fingerprint: createHash('sha256').update(`POST\n/v1/orders\n${JSON.stringify(request.body)}`).digest(),
    lines: [...quantities].map(([product, quantity]) => ({ product, quantity })),
    requestId: request.id,
  }
}

// One call of the function in place_order.sql.
export async function byFunction(command) {
  const id = newId()
  const [row] = await run(sql, CALL, [
    command.customer,
    command.key,
    command.fingerprint,
    id,
    orderNumber(id),
    newId(),
    command.requestId,
    command.lines.map(newId),
    command.lines.map((line) => line.product),
    command.lines.map((line) => line.quantity),
  ])
  return row
}

// One transaction: claim and lock in one journey, decide here, write everything in another.
export const byStatements = (command) =>
  sql.begin(async (tx) => {
    const claim = run(tx, CLAIM, [[command.customer], [command.key], tx.typed([command.fingerprint], BYTEA_ARRAY)])
    const lock = run(tx, LOCK, [command.lines.map((line) => line.product)])
    const [[claimed], rows] = await Promise.all([claim, lock])
    if (claimed.result !== null) {
      if (!claimed.fingerprint.equals(command.fingerprint)) throw new Problem(422, 'idempotency_key_reused')
      return { body: claimed.result, replayed: true }
    }
    const stocks = new Map(rows.map((row) => [row.product_id, row]))
    ensureSupplied(command.lines, stocks)
    const order = orderOf(command, stocks)
    const body = JSON.stringify(order)
    await Promise.all(write(tx, command, order, stocks, body))
    return { body, replayed: false }
  })

function ensureSupplied(lines, stocks) {
  const currency = stocks.get(lines[0].product)?.price_currency
  for (const { product } of lines) {
    const stock = stocks.get(product)
    if (stock?.status !== 'active' || stock.price_currency !== currency) throw new Problem(409, 'product_unavailable')
  }
  const short = lines.filter(({ product, quantity }) => {
    const stock = stocks.get(product)
    return quantity > stock.on_hand - stock.reserved || quantity > (stock.max_per_order ?? quantity)
  })
  if (short.length > 0) throw new Problem(409, 'out_of_stock')
}

function orderOf(command, stocks) {
  const id = newId()
  const now = new Date()
  const lines = command.lines.map(({ product, quantity }) => {
    const { sku, name, price_amount: amount, price_currency: currency } = stocks.get(product)
    return {
      id: newId(),
      product_id: product,
      sku,
      name,
      unit_price: { amount, currency },
      quantity,
      fulfilled: 0,
      cancelled: 0,
      returned: 0,
      refunded: 0,
      line_total: { amount: amount * quantity, currency },
    }
  })
  const currency = lines[0].unit_price.currency
  const total = lines.reduce((sum, line) => sum + line.line_total.amount, 0)
  return withDerived({
    id,
    number: orderNumber(id),
    status: 'pending_payment',
    currency,
    lines,
    total: { amount: total, currency },
    paid_total: { amount: 0, currency },
    refunded_total: { amount: 0, currency },
    payable_total: { amount: total, currency },
    disputed: false,
    customer_id: command.customer,
    guest: null,
    shipping_address: null,
    note: null,
    metadata: {},
    expires_at: new Date(now.getTime() + HOLD_MS).toISOString(),
    placed_at: now.toISOString(),
    updated_at: now.toISOString(),
    version: 1,
  })
}

function write(tx, command, order, stocks, body) {
  const { customer, key, requestId } = command
  const of = (value) => order.lines.map(value)
  const moved = of((line) => {
    const stock = stocks.get(line.product_id)
    return { version: stock.version + 1, reserved: stock.reserved + line.quantity, onHand: stock.on_hand }
  })
  const products = of((line) => line.product_id)
  const event = {
    number: order.number,
    customer_id: customer,
    total: order.total,
    lines: of((line) => ({
      product_id: line.product_id,
      sku: line.sku,
      quantity: line.quantity,
      unit_price: line.unit_price,
    })),
  }
  return [
    run(tx, INSERT_ORDERS, [
      [order.id],
      [order.number],
      [customer],
      [key],
      [order.currency],
      [order.total.amount],
      [order.expires_at],
      [order.placed_at],
      tx.typed([command.fingerprint], BYTEA_ARRAY),
    ]),
    run(tx, INSERT_LINES, [
      of(() => order.id),
      of((line) => line.id),
      of((_, position) => position),
      products,
      of((line) => line.sku),
      of((line) => line.name),
      of((line) => line.unit_price.amount),
      of((line) => line.quantity),
    ]),
    run(tx, INSERT_HISTORY, [[order.id], [customer], [requestId], [order.placed_at]]),
    run(tx, UPDATE_STOCKS, [products, moved.map((stock) => stock.reserved), moved.map((stock) => stock.version)]),
    run(tx, INSERT_MOVEMENTS, [
      products,
      moved.map((stock) => stock.version),
      of((line) => line.quantity),
      moved.map((stock) => stock.onHand),
      moved.map((stock) => stock.reserved),
      of(() => order.id),
      of(() => customer),
      of(() => requestId),
      of(() => order.placed_at),
    ]),
    run(tx, INSERT_EVENTS, [[newId()], [order.id], [order.placed_at], [JSON.stringify(event)]]),
    run(tx, BIND_KEYS, [[customer], [key], [body]]),
  ]
}
