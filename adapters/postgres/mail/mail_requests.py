from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.core.rows import MailRequestRow, SignUpRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from application.mail.ports import MailRequests
from application.mail.request import MailKind, MailRequest
from domain.shared.ids import SignUpId
from domain.users.user import EmailAddress

_ADD = insert(MailRequestRow).on_conflict_do_nothing()
_NEXT_DUE = (
    select(*columns_of(MailRequestRow))
    .where(MailRequestRow.due_at <= bindparam("now"))
    .order_by(MailRequestRow.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_PLACE = (
    MailRequestRow.kind == bindparam("of_kind"),
    MailRequestRow.address == bindparam("for_address"),
)
_SAVE = update(MailRequestRow).where(*_PLACE)
_REMOVE = delete(MailRequestRow).where(*_PLACE, MailRequestRow.attempts == bindparam("attempted"))

_NEXT_DUE_SIGN_UP = (
    select(
        SignUpRow.id, SignUpRow.email, SignUpRow.requested_at, SignUpRow.mail_due_at, SignUpRow.mail_attempts
    )
    .where(SignUpRow.mail_due_at <= bindparam("now"))
    .order_by(SignUpRow.mail_due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_SAVE_SIGN_UP = update(SignUpRow).where(SignUpRow.id == bindparam("saved_id"))
_REMOVE_SIGN_UP = (
    update(SignUpRow)
    .where(SignUpRow.id == bindparam("saved_id"), SignUpRow.mail_attempts == bindparam("attempted"))
    .values(mail_due_at=None)
)


class PostgresMailRequests(MailRequests):
    """Requests for sign-ups are columns of `sign_ups`: the former release, which shares the schema, sees none of them."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, request: MailRequest) -> None:
        if request.sign_up_id is not None:
            await self._transaction.execute(_SAVE_SIGN_UP, _sign_up_state(request))
            return
        await self._transaction.execute(
            _ADD, {"kind": request.kind, "address": request.address, **_state(request)}
        )

    async def next_due(self, now: datetime) -> MailRequest | None:
        row = (await self._transaction.execute(_NEXT_DUE, {"now": now})).one_or_none()
        if row is None:
            return await self._next_due_sign_up(now)
        return MailRequest(
            kind=MailKind(row.kind),
            address=EmailAddress(row.address),
            requested_at=row.requested_at,
            due_at=row.due_at,
            attempts=row.attempts,
        )

    async def _next_due_sign_up(self, now: datetime) -> MailRequest | None:
        row = (await self._transaction.execute(_NEXT_DUE_SIGN_UP, {"now": now})).one_or_none()
        if row is None:
            return None
        return MailRequest(
            kind=MailKind.SIGN_UP,
            address=EmailAddress(row.email),
            sign_up_id=SignUpId(row.id),
            requested_at=row.requested_at,
            due_at=row.mail_due_at,
            attempts=row.mail_attempts,
        )

    async def save(self, request: MailRequest) -> None:
        if request.sign_up_id is not None:
            await self._transaction.write(_SAVE_SIGN_UP, _sign_up_state(request), rows=1)
            return
        await self._transaction.write(_SAVE, {**_place(request), **_state(request)}, rows=1)

    async def remove(self, request: MailRequest) -> None:
        if request.sign_up_id is not None:
            parameters = {"saved_id": request.sign_up_id, "attempted": request.attempts}
            await self._transaction.execute(_REMOVE_SIGN_UP, parameters)
            return
        await self._transaction.execute(_REMOVE, {**_place(request), "attempted": request.attempts})


def _place(request: MailRequest) -> dict[str, object]:
    return {"of_kind": request.kind, "for_address": request.address}


def _state(request: MailRequest) -> dict[str, object]:
    return {"requested_at": request.requested_at, "due_at": request.due_at, "attempts": request.attempts}


def _sign_up_state(request: MailRequest) -> dict[str, object]:
    return {
        "saved_id": request.sign_up_id,
        "mail_due_at": request.due_at,
        "mail_attempts": request.attempts,
    }
