INSERT INTO orders (id, number, customer_id, idempotency_key, status, currency, total_amount, paid_amount,
                    refunded_amount, shipping_address, note, metadata, expires_at, placed_at, updated_at, version,
                    fingerprint, fingerprint_version)
SELECT id, number, customer_id, key, 'pending_payment', currency, total, 0, 0, NULL, NULL, '{}', expires_at, placed_at,
       placed_at, 1, fingerprint, 2
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[],
            $8::timestamptz[], $9::bytea[])
     AS given (id, number, customer_id, key, currency, total, expires_at, placed_at, fingerprint)
