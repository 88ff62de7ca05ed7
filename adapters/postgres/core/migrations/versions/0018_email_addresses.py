"""Addresses as their owners typed them, and mail that could not be sent.

Additive. Domains of stored addresses are converted to A-labels (RFC 5890), the form in which addresses are now compared.
A row does not change if another row already has the converted address.
"""

import sqlalchemy as sa
from alembic import op
from email_validator import EmailNotValidError, validate_email

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("users", sa.Column("email_typed", sa.Text, nullable=True))
    op.add_column("sign_ups", sa.Column("email_typed", sa.Text, nullable=True))
    op.add_column("sign_ups", sa.Column("mail_set_aside_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("mail_requests", sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True))
    _convert_domains()


def _convert_domains() -> None:
    connection = op.get_bind()
    users = connection.execute(sa.text("SELECT id, email FROM users WHERE email ~ '@.*[^ -~]'")).all()
    for user_id, email in users:
        local_part, _, domain = email.rpartition("@")
        try:
            parsed = validate_email(f"a@{domain}", check_deliverability=False)
        except EmailNotValidError:
            continue
        converted = f"{local_part}@{parsed.ascii_domain}"
        connection.execute(
            sa.text(
                "UPDATE users SET email = :converted WHERE id = :id "
                "AND NOT EXISTS (SELECT FROM users WHERE email = :converted)"
            ),
            {"id": user_id, "converted": converted},
        )


def downgrade() -> None:
    op.drop_column("mail_requests", "set_aside_at")
    op.drop_column("sign_ups", "mail_set_aside_at")
    op.drop_column("sign_ups", "email_typed")
    op.drop_column("users", "email_typed")
