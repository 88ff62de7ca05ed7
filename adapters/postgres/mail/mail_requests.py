from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Delete, Update, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import MailRequestRow, SignUpRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from application.mail.ports import MailRequests
from application.mail.request import MailKind, MailRequest
from domain.shared.ids import SignUpId
from domain.users.email_address import EmailAddress

_INSERT = insert(MailRequestRow)
_ADD = _INSERT.on_conflict_do_update(
    index_elements=["kind", "address"],
    set_={
        "requested_at": _INSERT.excluded.requested_at,
        "due_at": _INSERT.excluded.due_at,
        "attempts": _INSERT.excluded.attempts,
        "set_aside_at": None,
    },
    where=MailRequestRow.set_aside_at.is_not(None),
)
_NEXT_DUE = (
    select(*columns_of(MailRequestRow))
    .where(MailRequestRow.due_at <= bindparam("now"), MailRequestRow.set_aside_at.is_(None))
    .order_by(MailRequestRow.attempts, MailRequestRow.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_PLACE = (
    MailRequestRow.kind == bindparam("of_kind"),
    MailRequestRow.address == bindparam("for_address"),
)
_UNATTEMPTED = (*_PLACE, MailRequestRow.attempts == bindparam("attempted"))
_SAVE = update(MailRequestRow).where(*_PLACE)
_SET_ASIDE = update(MailRequestRow).where(*_UNATTEMPTED)
_REMOVE = delete(MailRequestRow).where(*_UNATTEMPTED)
_LIST_SET_ASIDE = (
    select(*columns_of(MailRequestRow))
    .where(MailRequestRow.set_aside_at.is_not(None))
    .order_by(MailRequestRow.set_aside_at.desc())
    .limit(bindparam("limit"))
)
_PRUNE = delete(MailRequestRow).where(MailRequestRow.set_aside_at <= bindparam("until"))

_SIGN_UPS = select(
    SignUpRow.id,
    SignUpRow.email,
    SignUpRow.requested_at,
    SignUpRow.mail_due_at,
    SignUpRow.mail_attempts,
    SignUpRow.mail_set_aside_at,
)
_NEXT_DUE_SIGN_UP = (
    _SIGN_UPS.where(SignUpRow.mail_due_at <= bindparam("now"), SignUpRow.mail_set_aside_at.is_(None))
    .order_by(SignUpRow.mail_attempts, SignUpRow.mail_due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_SAVE_SIGN_UP = update(SignUpRow).where(SignUpRow.id == bindparam("saved_id"))
_SAVE_UNATTEMPTED_SIGN_UP = _SAVE_SIGN_UP.where(SignUpRow.mail_attempts == bindparam("attempted"))
_LIST_SIGN_UPS_SET_ASIDE = (
    _SIGN_UPS.where(SignUpRow.mail_set_aside_at.is_not(None))
    .order_by(SignUpRow.mail_set_aside_at.desc())
    .limit(bindparam("limit"))
)


class PostgresMailRequests(MailRequests):
    """Requests for sign-ups are columns of `sign_ups`: the former release, which shares the schema, sees none of them."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, request: MailRequest) -> None:
        if request.sign_up_id is not None:
            await self._transaction.execute(_SAVE_SIGN_UP, _sign_up_state(request))
            return
        new = {"kind": request.kind, "address": request.address.normalized, **_state(request)}
        await self._transaction.execute(_ADD, new)

    async def next_due(self, now: datetime) -> MailRequest | None:
        row = (await self._transaction.execute(_NEXT_DUE, {"now": now})).one_or_none()
        if row is not None:
            return _request_from(row)
        row = (await self._transaction.execute(_NEXT_DUE_SIGN_UP, {"now": now})).one_or_none()
        return None if row is None else _request_from_sign_up(row)

    async def save(self, request: MailRequest) -> None:
        if request.sign_up_id is not None:
            await self._transaction.write(_SAVE_SIGN_UP, _sign_up_state(request), rows=1)
            return
        await self._transaction.write(_SAVE, {**_place(request), **_state(request)}, rows=1)

    async def set_aside(self, request: MailRequest, *, at: datetime) -> None:
        await self._update_unattempted(request, _SET_ASIDE, {"set_aside_at": at}, {"mail_set_aside_at": at})

    async def remove(self, request: MailRequest) -> None:
        await self._update_unattempted(request, _REMOVE, {}, {"mail_due_at": None})

    async def _update_unattempted(
        self,
        request: MailRequest,
        statement: Update | Delete,
        values: dict[str, object],
        sign_up_values: dict[str, object],
    ) -> None:
        attempted = {"attempted": request.attempts}
        if request.sign_up_id is None:
            await self._transaction.execute(statement, {**_place(request), **attempted, **values})
            return
        parameters = {"saved_id": request.sign_up_id, **attempted, **sign_up_values}
        await self._transaction.execute(_SAVE_UNATTEMPTED_SIGN_UP, parameters)

    async def list_set_aside(self, *, limit: int) -> Sequence[MailRequest]:
        rows = await self._transaction.execute(_LIST_SET_ASIDE, {"limit": limit})
        sign_ups = await self._transaction.execute(_LIST_SIGN_UPS_SET_ASIDE, {"limit": limit})
        failed = [(row.set_aside_at, _request_from(row)) for row in rows]
        failed += [(row.mail_set_aside_at, _request_from_sign_up(row)) for row in sign_ups]
        failed.sort(key=lambda pair: pair[0], reverse=True)
        return [request for _, request in failed[:limit]]

    async def prune_set_aside(self, *, until: datetime) -> None:
        # Requests for sign-ups are pruned with their sign-ups.
        await self._transaction.execute(_PRUNE, {"until": until})


def _request_from(row: ResultRow) -> MailRequest:
    return MailRequest(
        kind=MailKind(row.kind),
        address=EmailAddress.stored(row.address, None),
        requested_at=row.requested_at,
        due_at=row.due_at,
        attempts=row.attempts,
        set_aside_at=row.set_aside_at,
    )


def _request_from_sign_up(row: ResultRow) -> MailRequest:
    return MailRequest(
        kind=MailKind.SIGN_UP,
        address=EmailAddress.stored(row.email, None),
        sign_up_id=SignUpId(row.id),
        requested_at=row.requested_at,
        due_at=row.mail_due_at,
        attempts=row.mail_attempts,
        set_aside_at=row.mail_set_aside_at,
    )


def _place(request: MailRequest) -> dict[str, object]:
    return {"of_kind": request.kind, "for_address": request.address.normalized}


def _state(request: MailRequest) -> dict[str, object]:
    return {
        "requested_at": request.requested_at,
        "due_at": request.due_at,
        "attempts": request.attempts,
        "set_aside_at": request.set_aside_at,
    }


def _sign_up_state(request: MailRequest) -> dict[str, object]:
    return {
        "saved_id": request.sign_up_id,
        "mail_due_at": request.due_at,
        "mail_attempts": request.attempts,
        "mail_set_aside_at": request.set_aside_at,
    }
