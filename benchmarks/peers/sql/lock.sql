SELECT s.product_id, s.on_hand, s.reserved, s.version,
       p.sku, p.name, p.price_amount, p.price_currency, p.status, p.max_per_order
FROM stocks s JOIN products p ON p.id = s.product_id
WHERE s.product_id = ANY($1::uuid[])
ORDER BY s.product_id
FOR UPDATE OF s
