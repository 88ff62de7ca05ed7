UPDATE stocks s SET reserved = given.reserved, version = given.version
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS given (product_id, reserved, version)
WHERE s.product_id = given.product_id
