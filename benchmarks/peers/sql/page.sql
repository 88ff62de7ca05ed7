SELECT p.id, p.sku, p.name, p.description, p.price_amount, p.price_currency, p.attributes, p.status,
       s.on_hand - s.reserved AS available, p.max_per_order,
       p.version + s.version - p.stock_version AS version, p.created_at, p.updated_at
FROM products p JOIN stocks s ON s.product_id = p.id
WHERE p.status = 'active'
ORDER BY p.created_at DESC, p.id DESC
LIMIT $1
