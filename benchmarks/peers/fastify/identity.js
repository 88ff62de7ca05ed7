import { createPublicKey, randomBytes } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import { Problem } from './problems.js'

// Tokens that were verified are remembered, as the service does.
export function createAuthenticate(jwks, issuer, audience) {
  const [key] = JSON.parse(jwks).keys
  const verify = createVerifier({
    key: createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
    algorithms: ['EdDSA'],
    allowedIss: issuer,
    allowedAud: audience,
    checkTyp: 'at+jwt',
    requiredClaims: ['sub', 'exp'],
    cache: 10_000,
  })
  return (header) => {
    if (header === undefined) return null
    if (!header.startsWith('Bearer ')) throw new Problem(401, 'authentication_required')
    try {
      const { sub, role } = verify(header.slice(7))
      return { id: sub, role }
    } catch {
      throw new Problem(401, 'invalid_token')
    }
  }
}

// UUIDv7 (RFC 9562, section 5.7).
export function newId() {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes[6] = (bytes[6] & 0x0f) | 0x70
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

// The 60 last bits of the id in Crockford's base 32, as in 7K3F-9QDM-2XWA.
export function orderNumber(id) {
  const hex = id.replaceAll('-', '').slice(17)
  let number = ''
  for (let half = 0; half < 15; half += 5) {
    const bits = parseInt(hex.slice(half, half + 5), 16)
    for (let shift = 15; shift >= 0; shift -= 5) number += CROCKFORD[(bits >> shift) & 31]
    if (half < 10) number += '-'
  }
  return number
}
