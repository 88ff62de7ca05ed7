UPDATE idempotency_keys k SET result = given.result
FROM unnest($1::text[], $2::text[], $3::json[]) AS given (principal, key, result)
WHERE k.principal = given.principal AND k.operation = 'place_order' AND k.key = given.key
