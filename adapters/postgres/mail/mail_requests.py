from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import MailNoticeRow, MailRequestRow, SignUpRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from application.mail.ports import MailRequests
from application.mail.request import MailKind, MailRequest
from domain.shared.ids import SignUpId
from domain.users.email_address import EmailAddress


class _Statements:
    """The statements for one table: mail requests or mail notices.

    The two tables differ only in their primary keys.
    """

    def __init__(self, row: type[MailRequestRow | MailNoticeRow]) -> None:
        columns = columns_of(row)
        key = [column for column in columns if column.primary_key]
        place = [column == bindparam(f"this_{column.name}") for column in key]
        unattempted = [*place, row.attempts == bindparam("attempted")]
        known = row.kind.in_(list(MailKind))
        added = insert(row)
        self.add = added.on_conflict_do_update(
            index_elements=[column.name for column in key],
            set_={
                "requested_at": added.excluded.requested_at,
                "due_at": added.excluded.due_at,
                "attempts": added.excluded.attempts,
                "set_aside_at": None,
            },
            where=row.set_aside_at.is_not(None),
        )
        self.next_due = (
            select(*columns)
            .where(row.due_at <= bindparam("now"), row.set_aside_at.is_(None), known)
            .order_by(row.attempts, row.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        self.save = update(row).where(*place)
        self.set_aside = update(row).where(*unattempted)
        self.remove = delete(row).where(*unattempted)
        self.list_set_aside = (
            select(*columns)
            .where(row.set_aside_at.is_not(None), known)
            .order_by(row.set_aside_at.desc())
            .limit(bindparam("limit"))
        )
        self.prune = delete(row).where(row.set_aside_at <= bindparam("until"))


_REQUESTS, _NOTICES = _Statements(MailRequestRow), _Statements(MailNoticeRow)

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
    """Mail requests in PostgreSQL.

    Mail requests of sign-ups are columns of `sign_ups`, so that the former release ignores them.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, request: MailRequest) -> None:
        if request.sign_up_id is not None:
            await self._transaction.execute(_SAVE_SIGN_UP, _sign_up_state(request))
            return
        await self._transaction.execute(_statements_of(request).add, {**_key(request), **_state(request)})

    async def next_due(self, now: datetime) -> MailRequest | None:
        for statements in (_REQUESTS, _NOTICES):
            row = (await self._transaction.execute(statements.next_due, {"now": now})).one_or_none()
            if row is not None:
                return _request_from(row)
        row = (await self._transaction.execute(_NEXT_DUE_SIGN_UP, {"now": now})).one_or_none()
        return None if row is None else _request_from_sign_up(row)

    async def save(self, request: MailRequest) -> None:
        if request.sign_up_id is not None:
            await self._transaction.write(_SAVE_SIGN_UP, _sign_up_state(request), rows=1)
            return
        parameters = {**_place(request), **_state(request)}
        await self._transaction.write(_statements_of(request).save, parameters, rows=1)

    async def set_aside(self, request: MailRequest, *, at: datetime) -> None:
        if request.sign_up_id is not None:
            await self._update_unattempted_sign_up(request, {"mail_set_aside_at": at})
            return
        parameters = {**_place(request), "attempted": request.attempts, "set_aside_at": at}
        await self._transaction.execute(_statements_of(request).set_aside, parameters)

    async def remove(self, request: MailRequest) -> None:
        if request.sign_up_id is not None:
            await self._update_unattempted_sign_up(request, {"mail_due_at": None})
            return
        parameters = {**_place(request), "attempted": request.attempts}
        await self._transaction.execute(_statements_of(request).remove, parameters)

    async def _update_unattempted_sign_up(self, request: MailRequest, values: dict[str, object]) -> None:
        parameters = {"saved_id": request.sign_up_id, "attempted": request.attempts, **values}
        await self._transaction.execute(_SAVE_UNATTEMPTED_SIGN_UP, parameters)

    async def list_set_aside(self, *, limit: int) -> Sequence[MailRequest]:
        failed = [
            (row.set_aside_at, _request_from(row))
            for statements in (_REQUESTS, _NOTICES)
            for row in await self._transaction.execute(statements.list_set_aside, {"limit": limit})
        ]
        sign_ups = await self._transaction.execute(_LIST_SIGN_UPS_SET_ASIDE, {"limit": limit})
        failed += [(row.mail_set_aside_at, _request_from_sign_up(row)) for row in sign_ups]
        failed.sort(key=lambda pair: pair[0], reverse=True)
        return [request for _, request in failed[:limit]]

    async def prune_set_aside(self, *, until: datetime) -> None:
        # Mail requests of sign-ups are pruned together with the sign-ups.
        for statements in (_REQUESTS, _NOTICES):
            await self._transaction.execute(statements.prune, {"until": until})


def _statements_of(request: MailRequest) -> _Statements:
    return _REQUESTS if request.subject_id is None else _NOTICES


def _request_from(row: ResultRow) -> MailRequest:
    return MailRequest(
        kind=MailKind(row.kind),
        address=EmailAddress.stored(row.address, None),
        subject_id=getattr(row, "subject_id", None),
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


def _key(request: MailRequest) -> dict[str, object]:
    key: dict[str, object] = {"kind": request.kind, "address": request.address.normalized}
    return key if request.subject_id is None else {**key, "subject_id": request.subject_id}


def _place(request: MailRequest) -> dict[str, object]:
    return {f"this_{name}": value for name, value in _key(request).items()}


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
