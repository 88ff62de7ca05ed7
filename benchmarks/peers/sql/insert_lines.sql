INSERT INTO order_lines (order_id, id, position, product_id, sku, name, unit_price_amount, quantity, fulfilled, refunded)
SELECT order_id, id, position, product_id, sku, name, unit_price, quantity, 0, 0
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])
     AS given (order_id, id, position, product_id, sku, name, unit_price, quantity)
