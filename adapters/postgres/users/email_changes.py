from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import EmailChangeRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from application.users.ports import EmailChanges
from domain.shared.ids import SessionId, UserId
from domain.users.email_address import EmailAddress
from domain.users.email_change import EmailChange

_INSERT = insert(EmailChangeRow)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=["user_id"],
    set_={column.key: column for column in _INSERT.excluded if column.key != "user_id"},
)
_CHANGES = select(*columns_of(EmailChangeRow))
_GET = _CHANGES.where(EmailChangeRow.user_id == bindparam("user_id"))
_FIND = _CHANGES.where(EmailChangeRow.token_hash == bindparam("token_hash"))
_SAVE_TOKEN = (
    update(EmailChangeRow)
    .where(
        EmailChangeRow.user_id == bindparam("changed_user_id"),
        EmailChangeRow.requested_at == bindparam("seen_requested_at"),
    )
    .values(token_hash=bindparam("token_hash"))
)
_REMOVE = delete(EmailChangeRow).where(EmailChangeRow.user_id == bindparam("user_id"))
_PRUNE = delete(EmailChangeRow).where(EmailChangeRow.requested_at <= bindparam("requested_until"))


class PostgresEmailChanges(EmailChanges):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put(self, change: EmailChange) -> None:
        await self._transaction.execute(_PUT, _values(change))

    async def get(self, user_id: UserId) -> EmailChange | None:
        row = (await self._transaction.execute(_GET, {"user_id": user_id})).one_or_none()
        return _change_from(row) if row else None

    async def find(self, token_hash: bytes) -> EmailChange | None:
        row = (await self._transaction.execute(_FIND, {"token_hash": token_hash})).one_or_none()
        return _change_from(row) if row else None

    async def save(self, change: EmailChange) -> None:
        values = {
            "changed_user_id": change.user_id,
            "seen_requested_at": change.requested_at,
            "token_hash": change.token_hash,
        }
        await self._transaction.execute(_SAVE_TOKEN, values)

    async def remove(self, user_id: UserId) -> None:
        await self._transaction.execute(_REMOVE, {"user_id": user_id})

    async def prune(self, *, requested_until: datetime) -> None:
        await self._transaction.execute(_PRUNE, {"requested_until": requested_until})


def _values(change: EmailChange) -> dict[str, object]:
    return {
        "user_id": change.user_id,
        "session_id": change.session_id,
        "email": change.email.normalized,
        "email_typed": change.email.typed,
        "requested_at": change.requested_at,
        "token_hash": change.token_hash,
    }


def _change_from(row: ResultRow) -> EmailChange:
    return EmailChange(
        user_id=UserId(row.user_id),
        session_id=SessionId(row.session_id),
        email=EmailAddress.stored(row.email, row.email_typed),
        requested_at=row.requested_at,
        token_hash=row.token_hash,
    )
