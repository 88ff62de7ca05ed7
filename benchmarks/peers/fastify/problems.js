// What a client did, or met, that has a code of its own (RFC 9457).
export class Problem extends Error {
  constructor(status, code) {
    super(code)
    this.status = status
    this.code = code
  }
}

const OF_STATE = {
  SY404: [409, 'product_unavailable'],
  SY409: [409, 'out_of_stock'],
  SY422: [422, 'idempotency_key_reused'],
  '55P03': [503, 'overloaded'],
  57014: [503, 'overloaded'],
  '40P01': [503, 'overloaded'],
}

export function problemOf(error) {
  if (error instanceof Problem) return error
  if (error.validation) return new Problem(422, 'validation_failed')
  if (error.code in OF_STATE) return new Problem(...OF_STATE[error.code])
  if (error.statusCode >= 400 && error.statusCode < 500) return new Problem(error.statusCode, 'malformed_json')
  return new Problem(500, 'internal_error')
}
