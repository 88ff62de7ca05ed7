INSERT INTO idempotency_keys AS k (principal, operation, key, fingerprint)
SELECT principal, 'place_order', key, fingerprint
FROM unnest($1::text[], $2::text[], $3::bytea[]) AS given (principal, key, fingerprint)
ORDER BY principal, key
ON CONFLICT (principal, operation, key) DO UPDATE SET replays = k.replays + 1
RETURNING k.principal, k.key, k.fingerprint, k.result::text AS result
