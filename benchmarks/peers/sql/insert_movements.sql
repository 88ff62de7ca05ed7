INSERT INTO stock_movements (product_id, version, on_hand_delta, reserved_delta, on_hand, reserved, reason, note,
                             order_id, actor_id, request_id, occurred_at)
SELECT product_id, version, 0, quantity, on_hand, reserved, 'reserved', NULL, order_id, actor_id, request_id, occurred_at
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::uuid[], $7::uuid[], $8::text[],
            $9::timestamptz[])
     AS given (product_id, version, quantity, on_hand, reserved, order_id, actor_id, request_id, occurred_at)
