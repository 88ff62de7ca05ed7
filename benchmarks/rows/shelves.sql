INSERT INTO users (id, email, full_name, role, status, email_verified, password_hash, password_changed_at, created_at,
                   updated_at, version)
SELECT ('000000c0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'made' || n || '@example.com', NULL, 'customer',
       'active', true, 'none', now(), now(), now(), 1
FROM generate_series(1, $customers) AS n;

INSERT INTO stocks (product_id, on_hand, reserved, version)
SELECT ('000000b0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1000000, 0, 1000000000
FROM generate_series(1, $products) AS n;

INSERT INTO stock_movements (product_id, version, on_hand_delta, reserved_delta, on_hand, reserved, reason, note, order_id,
                             actor_id, request_id, occurred_at)
SELECT product_id, 1, on_hand, 0, on_hand, 0, 'initial', NULL, NULL, NULL, 'made', now() FROM stocks;

INSERT INTO products (id, sku, name, description, price_amount, price_currency, attributes, max_per_order, status, version,
                      stock_version, created_at, updated_at, sort_name, search_words, search_typos)
SELECT ('000000b0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'MADE-' || n, 'Made product ' || n, '', 1000, 'EUR',
       '{}', NULL, 'active', 1, 1, now() - interval '1 minute' * n, now(), 'made product ' || n,
       array_to_tsvector(ARRAY['made', 'product', n::text]), ARRAY['mad', n::text]
FROM generate_series(1, $products) AS n;
