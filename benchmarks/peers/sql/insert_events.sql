INSERT INTO outbox (id, type, aggregate_type, aggregate_id, aggregate_version, occurred_at, data)
SELECT id, 'order.placed', 'order', order_id, 1, occurred_at, data
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::json[]) AS given (id, order_id, occurred_at, data)
