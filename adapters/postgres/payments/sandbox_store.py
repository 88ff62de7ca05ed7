"""The sandbox provider's records in PostgreSQL. All processes use the same records."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Executable, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.payments.sandbox.store import (
    Change,
    Decide,
    SandboxCharge,
    SandboxMessage,
    SandboxRefund,
    SandboxStore,
)
from adapters.postgres.core.errors import translated
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import SandboxChargeRow, SandboxMessageRow, SandboxRefundRow
from adapters.postgres.core.unnest import columns_of
from domain.shared.ids import PaymentId, RefundId
from domain.shared.money import Money

_ADD_CHARGE = (
    insert(SandboxChargeRow)
    .on_conflict_do_nothing(index_elements=["payment_id", "position"])
    .returning(SandboxChargeRow.reference)
)
_CHARGES = select(*columns_of(SandboxChargeRow))
_CHARGES_OF = _CHARGES.where(SandboxChargeRow.payment_id == bindparam("payment_id")).order_by(
    SandboxChargeRow.position
)
_LOCK_CHARGE = _CHARGES.where(SandboxChargeRow.reference == bindparam("reference")).with_for_update()
_LOCK_FIRST_CHARGE = _CHARGES.where(
    SandboxChargeRow.payment_id == bindparam("payment_id"), SandboxChargeRow.position == 0
).with_for_update()
_CHANGE_CHARGE = (
    update(SandboxChargeRow)
    .where(SandboxChargeRow.reference == bindparam("changed"))
    .values(captured=bindparam("captured"), voided_at=bindparam("voided_at"))
)
_FORGET_UNDUE = delete(SandboxMessageRow).where(
    SandboxMessageRow.charge_reference == bindparam("charge"), SandboxMessageRow.due_at > bindparam("now")
)
_ADD_REFUND = insert(SandboxRefundRow).on_conflict_do_nothing().returning(SandboxRefundRow.id)
_REFUNDS = select(*columns_of(SandboxRefundRow))
_REFUND = _REFUNDS.where(SandboxRefundRow.id == bindparam("id"))
_REFUNDS_OF = _REFUNDS.where(SandboxRefundRow.charge_reference == bindparam("charge_reference"))

_ADD_MESSAGE = insert(SandboxMessageRow)
_DUE = (
    select(SandboxMessageRow.id)
    .where(SandboxMessageRow.due_at <= bindparam("now"))
    .order_by(SandboxMessageRow.due_at, SandboxMessageRow.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(SandboxMessageRow)
    .where(SandboxMessageRow.id.in_(_DUE))
    .values(due_at=bindparam("again_at"), attempts=SandboxMessageRow.attempts + 1)
    .returning(*columns_of(SandboxMessageRow))
)
_POSTPONE = (
    update(SandboxMessageRow)
    .where(SandboxMessageRow.id == bindparam("message_id"))
    .values(due_at=bindparam("until"))
)
_FORGET = delete(SandboxMessageRow).where(SandboxMessageRow.id == bindparam("message_id"))


class PostgresSandboxStore(SandboxStore):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reader = AutocommitReader(engine)

    async def charge(
        self, payment_id: PaymentId, charges: Sequence[SandboxCharge], messages: Sequence[SandboxMessage]
    ) -> bool:
        with translated():
            async with self._engine.begin() as connection:
                for position, charge in enumerate(charges):
                    values = {**_charge_values(charge), "payment_id": payment_id, "position": position}
                    if (await connection.execute(_ADD_CHARGE, values)).one_or_none() is None:
                        return False
                for message in messages:
                    await _add_message(connection, message)
        return True

    async def charges_of(self, payment_id: PaymentId) -> Sequence[SandboxCharge]:
        rows = await self._reader.all(_CHARGES_OF, {"payment_id": payment_id})
        return [_charge_from(row) for row in rows]

    async def change_charge(
        self, payment_id: PaymentId, change: Change, *, now: datetime
    ) -> SandboxCharge | None:
        with translated():
            async with self._engine.begin() as connection:
                row = (await connection.execute(_LOCK_FIRST_CHARGE, {"payment_id": payment_id})).one_or_none()
                if row is None:
                    return None
                charge = _charge_from(row)
                changed = change(charge)
                if changed is None:
                    return charge
                charge, message = changed
                await connection.execute(
                    _CHANGE_CHARGE,
                    {
                        "changed": charge.reference,
                        "captured": charge.captured.amount if charge.captured else None,
                        "voided_at": charge.voided_at,
                    },
                )
                await connection.execute(_FORGET_UNDUE, {"charge": charge.reference, "now": now})
                await _add_message(connection, message)
                return charge

    async def refund(self, refund_id: RefundId, charge_reference: str, decide: Decide) -> SandboxRefund:
        with translated():
            async with self._engine.begin() as connection:
                locked = await connection.execute(_LOCK_CHARGE, {"reference": charge_reference})
                charge = locked.one_or_none()
                given = await connection.execute(_REFUNDS_OF, {"charge_reference": charge_reference})
                earlier = [_refund_from(row) for row in given]
                for refund in earlier:
                    if refund.id == refund_id:
                        return refund
                refund, message = decide(_charge_from(charge) if charge else None, earlier)
                added = await connection.execute(_ADD_REFUND, _refund_values(refund))
                if added.one_or_none() is not None:
                    await _add_message(connection, message)
                    return refund
                # A concurrent call has inserted a refund with this id, but for another charge or an unknown charge.
                # The two calls held different locks, so this call did not wait for the other call.
                return _refund_from((await connection.execute(_REFUND, {"id": refund_id})).one())

    async def find_refund(self, refund_id: RefundId) -> SandboxRefund | None:
        row = await self._reader.one_or_none(_REFUND, {"id": refund_id})
        return _refund_from(row) if row else None

    async def take_due_messages(
        self, now: datetime, *, again_at: datetime, limit: int
    ) -> Sequence[SandboxMessage]:
        parameters = {"now": now, "again_at": again_at, "limit": limit}
        with translated():
            async with self._engine.begin() as connection:
                rows = (await connection.execute(_TAKE, parameters)).all()
        return [
            SandboxMessage(id=row.id, body=row.body, due_at=row.due_at, attempts=row.attempts) for row in rows
        ]

    async def postpone(self, message_id: UUID, until: datetime) -> None:
        await self._write(_POSTPONE, {"message_id": message_id, "until": until})

    async def forget(self, message_id: UUID) -> None:
        await self._write(_FORGET, {"message_id": message_id})

    async def _write(self, statement: Executable, parameters: Mapping[str, object]) -> None:
        with translated():
            async with self._engine.begin() as connection:
                await connection.execute(statement, parameters)


async def _add_message(connection: AsyncConnection, message: SandboxMessage) -> None:
    values = {
        "id": message.id,
        "body": message.body,
        "due_at": message.due_at,
        "attempts": message.attempts,
        "charge_reference": message.charge_reference,
    }
    await connection.execute(_ADD_MESSAGE, values)


def _charge_values(charge: SandboxCharge) -> dict[str, object]:
    return {
        "reference": charge.reference,
        "amount": charge.amount.amount,
        "currency": charge.amount.currency,
        "failure": charge.failure,
        "decides_at": charge.decides_at,
        "requires_action": charge.requires_action,
        "is_manual": charge.is_manual,
        "authorized_until": charge.authorized_until,
        "is_renewable": charge.is_renewable,
    }


def _charge_from(row: ResultRow) -> SandboxCharge:
    return SandboxCharge(
        reference=row.reference,
        payment_id=PaymentId(row.payment_id),
        amount=Money(row.amount, row.currency),
        failure=row.failure,
        decides_at=row.decides_at,
        requires_action=row.requires_action,
        is_manual=row.is_manual,
        authorized_until=row.authorized_until,
        is_renewable=row.is_renewable,
        captured=None if row.captured is None else Money(row.captured, row.currency),
        voided_at=row.voided_at,
    )


def _refund_values(refund: SandboxRefund) -> dict[str, object]:
    return {
        "id": refund.id,
        "reference": refund.reference,
        "charge_reference": refund.charge_reference,
        "amount": refund.amount.amount,
        "currency": refund.amount.currency,
        "failure": refund.failure,
        "decided_at": refund.decided_at,
    }


def _refund_from(row: ResultRow) -> SandboxRefund:
    return SandboxRefund(
        id=RefundId(row.id),
        reference=row.reference,
        charge_reference=row.charge_reference,
        amount=Money(row.amount, row.currency),
        failure=row.failure,
        decided_at=row.decided_at,
    )
