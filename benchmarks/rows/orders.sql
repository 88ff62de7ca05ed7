-- The orders from $first to $last, a second apart: one in ten waits for its payment, the others were canceled.

CREATE TEMPORARY TABLE made AS
SELECT n, ('000000a0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
       ('000000c0-0000-7000-8000-' || lpad(to_hex(n % $customers + 1), 12, '0'))::uuid AS customer_id,
       now() - interval '1 second' * ($orders - n) AS placed_at
FROM generate_series($first, $last) AS n;

CREATE TEMPORARY TABLE made_lines AS
SELECT made.id AS order_id, made.customer_id, made.placed_at, position, n * $lines + position AS number,
       (n * $lines + position) % $products + 1 AS product
FROM made, generate_series(0, $lines - 1) AS position;

INSERT INTO orders (id, number, customer_id, idempotency_key, status, currency, total_amount, paid_amount, refunded_amount,
                    shipping_address, note, metadata, expires_at, placed_at, updated_at, version)
SELECT id, 'MADE-' || n, customer_id, 'made-' || n, CASE WHEN n % 10 = 0 THEN 'pending_payment' ELSE 'cancelled' END,
       'EUR', 3000, 0, 0, NULL, NULL, '{}', now() + interval '15 minutes', placed_at, placed_at, 1
FROM made;

INSERT INTO order_lines (order_id, id, position, product_id, sku, name, unit_price_amount, quantity, fulfilled, refunded)
SELECT order_id, ('000000d0-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid, position,
       ('000000b0-0000-7000-8000-' || lpad(to_hex(product), 12, '0'))::uuid, 'MADE-' || product,
       'Made product ' || product, 1000, position + 1, 0, 0
FROM made_lines;

INSERT INTO stock_movements (product_id, version, on_hand_delta, reserved_delta, on_hand, reserved, reason, note, order_id,
                             actor_id, request_id, occurred_at)
SELECT ('000000b0-0000-7000-8000-' || lpad(to_hex(product), 12, '0'))::uuid, number + 2, 0, 0, 1000000, 0, 'reserved', NULL,
       order_id, customer_id, 'made', placed_at
FROM made_lines;

INSERT INTO order_history (order_id, version, action, source, target, reason, actor_id, request_id, occurred_at)
SELECT id, 1, 'place', NULL, 'pending_payment', NULL, customer_id, 'made', placed_at FROM made;

INSERT INTO outbox (id, type, aggregate_type, aggregate_id, aggregate_version, occurred_at, data, position)
SELECT ('000000e0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'order.placed', 'order', id, 1, placed_at, '{}', n
FROM made;

INSERT INTO idempotency_keys (principal, operation, key, fingerprint, result, created_at)
SELECT customer_id::text, 'place_order', 'made-' || n, '\x00', '{}', placed_at FROM made;

DROP TABLE made, made_lines;
