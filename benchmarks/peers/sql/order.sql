SELECT o.id, o.number, o.status, o.currency, o.total_amount, o.paid_amount, o.refunded_amount,
       o.cancelled_amount, o.customer_id, o.guest_email_typed, o.guest_name, o.open_disputes,
       o.shipping_address, o.note, o.metadata, o.expires_at, o.placed_at, o.updated_at, o.version,
       l.id AS line_id, l.product_id, l.sku, l.name, l.unit_price_amount, l.quantity, l.fulfilled,
       l.cancelled, l.returned, l.refunded
FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.id = $1
ORDER BY l.position
