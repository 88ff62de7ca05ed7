"""PostgreSQL: where the shop is kept."""
