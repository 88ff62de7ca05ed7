from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update

from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import SignUpRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from application.users.ports import SignUps
from domain.shared.ids import SignUpId
from domain.users.email_address import EmailAddress
from domain.users.pending_sign_up import PendingSignUp

_MAIL_COLUMNS = ("mail_due_at", "mail_attempts", "mail_set_aside_at")
_SIGN_UPS = select(*columns_of(SignUpRow, without=_MAIL_COLUMNS))
_GET = _SIGN_UPS.where(SignUpRow.id == bindparam("id"))
_FIND = _SIGN_UPS.where(SignUpRow.token_hash == bindparam("token_hash"))
_SAVE_TOKEN = (
    update(SignUpRow).where(SignUpRow.id == bindparam("saved_id")).values(token_hash=bindparam("token_hash"))
)
_LOCK_ALL = (
    select(SignUpRow.id).where(SignUpRow.email == bindparam("email")).order_by(SignUpRow.id).with_for_update()
)
_REMOVE_ALL = delete(SignUpRow).where(SignUpRow.email == bindparam("email"))
_PRUNE = delete(SignUpRow).where(SignUpRow.requested_at <= bindparam("requested_until"))


class PostgresSignUps(SignUps):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, sign_up: PendingSignUp) -> None:
        await self._transaction.execute(insert(SignUpRow), _values(sign_up))

    async def get(self, sign_up_id: SignUpId) -> PendingSignUp | None:
        row = (await self._transaction.execute(_GET, {"id": sign_up_id})).one_or_none()
        return _sign_up_from(row) if row else None

    async def find(self, token_hash: bytes) -> PendingSignUp | None:
        row = (await self._transaction.execute(_FIND, {"token_hash": token_hash})).one_or_none()
        return _sign_up_from(row) if row else None

    async def save(self, sign_up: PendingSignUp) -> None:
        values = {"saved_id": sign_up.id, "token_hash": sign_up.token_hash}
        await self._transaction.execute(_SAVE_TOKEN, values)

    async def claim(self, sign_up: PendingSignUp) -> bool:
        # The sign-ups are locked in a fixed sequence before the account is written. A concurrent caller waits here,
        # and then finds no row.
        locked = await self._transaction.execute(_LOCK_ALL, {"email": sign_up.email.normalized})
        is_there = sign_up.id in {row.id for row in locked}
        await self._transaction.execute(_REMOVE_ALL, {"email": sign_up.email.normalized})
        return is_there

    async def prune(self, *, requested_until: datetime) -> None:
        await self._transaction.execute(_PRUNE, {"requested_until": requested_until})


def _values(sign_up: PendingSignUp) -> dict[str, object]:
    return {
        "id": sign_up.id,
        "email": sign_up.email.normalized,
        "email_typed": sign_up.email.typed,
        "full_name": sign_up.full_name,
        "password_hash": sign_up.password_hash,
        "requested_at": sign_up.requested_at,
        "token_hash": sign_up.token_hash,
    }


def _sign_up_from(row: ResultRow) -> PendingSignUp:
    return PendingSignUp(
        id=SignUpId(row.id),
        email=EmailAddress.stored(row.email, row.email_typed),
        full_name=row.full_name,
        password_hash=row.password_hash,
        requested_at=row.requested_at,
        token_hash=row.token_hash,
    )
