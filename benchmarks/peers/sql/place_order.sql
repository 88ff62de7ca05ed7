-- The same work as all statements beside this file, in one journey: a stored function per order.
--
-- It returns the order as JSON, and whether that is the replay of an earlier request. It refuses with SQLSTATE SY409
-- (out of stock), SY404 (no such product) or SY422 (the key was used for something else).
CREATE FUNCTION place_order(
    the_customer uuid, the_key text, the_fingerprint bytea, the_order uuid, the_number text, the_event uuid,
    the_request text, line_ids uuid[], product_ids uuid[], quantities bigint[],
    OUT body text, OUT replayed boolean
) LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    expiry timestamptz := moment + interval '15 minutes';
    earlier record;
    lines json;
    placed_lines json;
    total bigint;
    the_currency text;
    found bigint;
    short bigint;
BEGIN
    INSERT INTO idempotency_keys AS k (principal, operation, key, fingerprint)
    VALUES (the_customer::text, 'place_order', the_key, the_fingerprint)
    ON CONFLICT (principal, operation, key) DO UPDATE SET replays = k.replays + 1
    RETURNING k.fingerprint, k.result::text INTO earlier;
    IF earlier.result IS NOT NULL THEN
        IF earlier.fingerprint <> the_fingerprint THEN
            RAISE EXCEPTION 'idempotency_key_reused' USING ERRCODE = 'SY422';
        END IF;
        body := earlier.result;
        replayed := true;
        RETURN;
    END IF;

    PERFORM FROM stocks WHERE product_id = ANY(product_ids) ORDER BY product_id FOR UPDATE;

    WITH wanted AS (
        SELECT * FROM unnest(line_ids, product_ids, quantities) WITH ORDINALITY AS w (line_id, product_id, quantity, n)
    ), priced AS (
        SELECT w.*, p.sku, p.name, p.price_amount, p.price_currency, p.max_per_order, s.on_hand, s.reserved, s.version
        FROM wanted w JOIN products p ON p.id = w.product_id AND p.status = 'active'
                      JOIN stocks s ON s.product_id = w.product_id
    ), moved AS (
        UPDATE stocks s SET reserved = s.reserved + p.quantity, version = s.version + 1
        FROM priced p
        WHERE s.product_id = p.product_id AND p.quantity <= p.on_hand - p.reserved
    ), ledger AS (
        INSERT INTO stock_movements (product_id, version, on_hand_delta, reserved_delta, on_hand, reserved, reason, note,
                                     order_id, actor_id, request_id, occurred_at)
        SELECT product_id, version + 1, 0, quantity, on_hand, reserved + quantity, 'reserved', NULL,
               the_order, the_customer, the_request, moment
        FROM priced
    )
    SELECT count(*), count(*) FILTER (WHERE quantity > on_hand - reserved OR quantity > coalesce(max_per_order, quantity)),
           sum(price_amount * quantity), min(price_currency),
           json_agg(json_build_object(
               'id', line_id, 'product_id', product_id, 'sku', sku, 'name', name,
               'unit_price', json_build_object('amount', price_amount, 'currency', price_currency),
               'quantity', quantity, 'fulfilled', 0, 'cancelled', 0, 'returned', 0, 'refunded', 0,
               'line_total', json_build_object('amount', price_amount * quantity, 'currency', price_currency)) ORDER BY n),
           json_agg(json_build_object(
               'product_id', product_id, 'sku', sku, 'quantity', quantity,
               'unit_price', json_build_object('amount', price_amount, 'currency', price_currency)) ORDER BY n)
    INTO found, short, total, the_currency, lines, placed_lines
    FROM priced;

    IF found < cardinality(product_ids) THEN
        RAISE EXCEPTION 'product_unavailable' USING ERRCODE = 'SY404';
    ELSIF short > 0 THEN
        RAISE EXCEPTION 'out_of_stock' USING ERRCODE = 'SY409';
    END IF;

    INSERT INTO orders (id, number, customer_id, idempotency_key, status, currency, total_amount, paid_amount,
                        refunded_amount, shipping_address, note, metadata, expires_at, placed_at, updated_at, version,
                        fingerprint, fingerprint_version)
    VALUES (the_order, the_number, the_customer, the_key, 'pending_payment', the_currency, total, 0, 0, NULL, NULL, '{}',
            expiry, moment, moment, 1, the_fingerprint, 2);

    INSERT INTO order_lines (order_id, id, position, product_id, sku, name, unit_price_amount, quantity, fulfilled,
                             refunded)
    SELECT the_order, w.line_id, w.n - 1, p.id, p.sku, p.name, p.price_amount, w.quantity, 0, 0
    FROM unnest(line_ids, product_ids, quantities) WITH ORDINALITY AS w (line_id, product_id, quantity, n)
         JOIN products p ON p.id = w.product_id;

    INSERT INTO order_history (order_id, version, action, source, target, reason, actor_id, request_id, occurred_at)
    VALUES (the_order, 1, 'place', NULL, 'pending_payment', NULL, the_customer, the_request, moment);

    INSERT INTO outbox (id, type, aggregate_type, aggregate_id, aggregate_version, occurred_at, data)
    VALUES (the_event, 'order.placed', 'order', the_order, 1, moment, json_build_object(
        'number', the_number, 'customer_id', the_customer,
        'total', json_build_object('amount', total, 'currency', the_currency), 'lines', placed_lines));

    body := json_build_object(
        'id', the_order, 'number', the_number, 'status', 'pending_payment', 'payment_status', 'unpaid',
        'fulfillment_status', 'unfulfilled', 'allowed_actions', 
            json_build_array('pay', 'cancel', 'cancel_lines', 'change'), 'currency', the_currency,
        'lines', lines, 'total', json_build_object('amount', total, 'currency', the_currency),
        'paid_total', json_build_object('amount', 0, 'currency', the_currency),
        'refunded_total', json_build_object('amount', 0, 'currency', the_currency),
        'payable_total', json_build_object('amount', total, 'currency', the_currency), 'disputed', false, 'guest', NULL,
        'customer_id', the_customer, 'shipping_address', NULL, 'note', NULL, 'metadata', json_build_object(),
        'expires_at', to_char(expiry AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'placed_at', to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'updated_at', to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'version', 1)::text;
    replayed := false;

    UPDATE idempotency_keys SET result = body::json
    WHERE principal = the_customer::text AND operation = 'place_order' AND key = the_key;
END $$;
