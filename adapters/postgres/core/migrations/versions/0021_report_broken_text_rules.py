"""Report rows whose texts break a current rule.

No row is changed, because such rows can still be read.

The rules are copies of the domain's rules, because a migration must not change when those do.
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_log = logging.getLogger("steelyard.migrations")

_LENGTHS = (
    ("users", "id", "full_name", 1, 200),
    ("products", "id", "name", 1, 200),
    ("products", "id", "description", 0, 5000),
    ("stock_movements", "product_id", "note", 1, 500),
    ("orders", "id", "note", 1, 1000),
    ("orders", "id", "shipping_address->>'name'", 1, 200),
    ("orders", "id", "shipping_address->>'line1'", 1, 200),
    ("orders", "id", "shipping_address->>'line2'", 1, 200),
    ("orders", "id", "shipping_address->>'city'", 1, 100),
    ("orders", "id", "shipping_address->>'region'", 1, 100),
    ("orders", "id", "shipping_address->>'postal_code'", 1, 20),
    ("fulfillments", "id", "carrier", 1, 100),
    ("fulfillments", "id", "tracking", 1, 100),
    ("refunds", "id", "reason", 1, 500),
)
_PATTERNS = (
    ("products", "id", "sku", "sku !~ '^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$'"),
    ("orders", "id", "shipping_address->>'country'", "shipping_address->>'country' !~ '^[A-Z]{2}$'"),
    (
        "users",
        "id",
        "email",
        r"""octet_length(email) > 254 OR email LIKE '%=?%' OR email ~ '\.\.|[[:cntrl:][:space:]<>"(),:;]'
        OR email !~ '^[^@]{1,64}@[a-z0-9.-]+\.[a-z0-9-]+$'
        OR email ~ '\.(invalid|local|localhost|test)$'""",
    ),
)


def upgrade() -> None:
    for table, key, text, least, greatest in _LENGTHS:
        _report(table, key, text, f"char_length({text}) NOT BETWEEN {least} AND {greatest}")
    for table, key, text, condition in _PATTERNS:
        _report(table, key, text, condition)


def _report(table: str, key: str, text: str, condition: str) -> None:
    statement = f"SELECT count(*), min(CAST({key} AS text)) FROM {table} WHERE {condition}"
    # Colons are escaped, because a colon in a pattern does not begin a parameter.
    count, first = op.get_bind().execute(sa.text(statement.replace(":", r"\:"))).one()
    if count:
        _log.warning("%d rows of %s break the rule of %s; the first id is %s", count, table, text, first)


def downgrade() -> None:
    """Do nothing: the upgrade changes nothing."""
