import postgres from 'postgres'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// The address is in libpq's variables, which postgres reads; a directory is that of a socket. Whole numbers are
// numbers: no amount exceeds 2^53.
export const sql = postgres({
  host: process.env.PGHOST,
  port: Number(process.env.PGPORT),
  path: process.env.PGHOST.startsWith('/') ? `${process.env.PGHOST}/.s.PGSQL.${process.env.PGPORT}` : undefined,
  max: Number(process.env.POOL_SIZE),
  prepare: true,
  connection: { jit: 'off', lock_timeout: '2s', statement_timeout: '5s' },
  types: {
    bigint: { to: 20, from: [20], parse: Number, serialize: String },
    // Microseconds, which Date has not; text is what goes out anyway.
    moment: {
      to: 1184,
      from: [1184],
      parse: (text) => text.replace(' ', 'T').replace(/\+00$/, 'Z'),
      serialize: String,
    },
    // JSON goes in as the text that it is already.
    json: { to: 114, from: [114], parse: JSON.parse, serialize: String },
  },
})

// The statements that all peers share.
export const statement = (name) => readFileSync(join(process.env.SQL, `${name}.sql`), 'utf8')

export const run = (connection, text, parameters) => connection.unsafe(text, parameters, { prepare: true })
