"""In-memory records of the sandbox provider."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from adapters.memory.core.database import yield_control
from adapters.payments.sandbox.store import (
    Change,
    Decide,
    SandboxCharge,
    SandboxMessage,
    SandboxRefund,
    SandboxStore,
)
from domain.shared.ids import PaymentId, RefundId


class MemorySandboxStore(SandboxStore):
    """In-memory records. Calls are atomic, because they never await between reading and writing."""

    def __init__(self) -> None:
        self._charges: dict[PaymentId, list[SandboxCharge]] = {}
        self._refunds: dict[RefundId, SandboxRefund] = {}
        self._messages: dict[UUID, SandboxMessage] = {}

    async def charge(
        self, payment_id: PaymentId, charges: Sequence[SandboxCharge], messages: Sequence[SandboxMessage]
    ) -> bool:
        await yield_control()
        if payment_id in self._charges:
            return False
        self._charges[payment_id] = list(charges)
        self._messages |= {message.id: message for message in messages}
        return True

    async def charges_of(self, payment_id: PaymentId) -> Sequence[SandboxCharge]:
        await yield_control()
        return tuple(self._charges.get(payment_id, ()))

    async def change_charge(
        self, payment_id: PaymentId, change: Change, *, now: datetime
    ) -> SandboxCharge | None:
        await yield_control()
        charges = self._charges.get(payment_id)
        if not charges:
            return None
        changed = change(charges[0])
        if changed is not None:
            charges[0], message = changed
            obsolete = [
                one.id
                for one in self._messages.values()
                if one.charge_reference == charges[0].reference and one.due_at > now
            ]
            for message_id in obsolete:
                del self._messages[message_id]
            self._messages[message.id] = message
        return charges[0]

    async def refund(self, refund_id: RefundId, charge_reference: str, decide: Decide) -> SandboxRefund:
        await yield_control()
        if refund_id not in self._refunds:
            charges = (charge for charges in self._charges.values() for charge in charges)
            charge = next((one for one in charges if one.reference == charge_reference), None)
            earlier = [one for one in self._refunds.values() if one.charge_reference == charge_reference]
            refund, message = decide(charge, earlier)
            self._refunds[refund_id] = refund
            self._messages[message.id] = message
        return self._refunds[refund_id]

    async def find_refund(self, refund_id: RefundId) -> SandboxRefund | None:
        await yield_control()
        return self._refunds.get(refund_id)

    async def take_due_messages(
        self, now: datetime, *, again_at: datetime, limit: int
    ) -> Sequence[SandboxMessage]:
        await yield_control()
        due = sorted(
            (message for message in self._messages.values() if message.due_at <= now),
            key=lambda message: (message.due_at, message.id),
        )
        taken = [replace(one, due_at=again_at, attempts=one.attempts + 1) for one in due[:limit]]
        self._messages |= {message.id: message for message in taken}
        return taken

    async def postpone(self, message_id: UUID, until: datetime) -> None:
        await yield_control()
        if message_id in self._messages:
            self._messages[message_id] = replace(self._messages[message_id], due_at=until)

    async def forget(self, message_id: UUID) -> None:
        await yield_control()
        self._messages.pop(message_id, None)

    def prune_charges(self, *, before: datetime, limit: int) -> int:
        old = [id_ for id_, charges in self._charges.items() if charges[0].decides_at < before][:limit]
        for payment_id in old:
            del self._charges[payment_id]
        return len(old)

    def prune_refunds(self, *, before: datetime, limit: int) -> int:
        old = [refund.id for refund in self._refunds.values() if refund.decided_at < before][:limit]
        for refund_id in old:
            del self._refunds[refund_id]
        return len(old)
