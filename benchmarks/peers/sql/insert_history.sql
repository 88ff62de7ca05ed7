INSERT INTO order_history (order_id, version, action, source, target, reason, actor_id, request_id, occurred_at)
SELECT order_id, 1, 'place', NULL, 'pending_payment', NULL, actor_id, request_id, occurred_at
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[])
     AS given (order_id, actor_id, request_id, occurred_at)
