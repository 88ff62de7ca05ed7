"""Refunds of payments."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from domain.payments.inquiry import CALL_TIMEOUT, next_attempt, next_inquiry
from domain.payments.payment import Payment, PaymentMethod
from domain.shared.ids import LineId, OrderId, PaymentId, RefundId
from domain.shared.money import Money
from domain.shared.text import TextRule, ensure_valid

REFUND_REASON = TextRule(min_length=1, max_length=500)


class RefundStatus(StrEnum):
    """The status of a refund.

    - `pending`: the provider has not answered yet.
    - `succeeded`: the money is returned.
    - `failed`: the provider rejected the refund. A new refund can be requested.
    """

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RefundChannel(StrEnum):
    """The way in which a refund is paid.

    - `original`: through the provider of the payment.
    - `external`: by the shop through other means, such as a bank transfer. The service only records the refund.
    """

    ORIGINAL = "original"
    EXTERNAL = "external"


class RefundOrigin(StrEnum):
    """The origin of a refund.

    - `shop`: requested from this service.
    - `provider`: made at the provider, for example on its dashboard.
    """

    SHOP = "shop"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class RefundedLine:
    """Refunded units of a line."""

    line_id: LineId
    quantity: int


@dataclass(slots=True, kw_only=True, eq=False)
class Refund:
    """A full or partial refund of one payment. `lines` is empty if an amount was requested.

    `inquire_at` is the time of the next call to the provider, which sends the refund or queries the result.
    After the result is known, `inquire_at` is None.
    """

    id: RefundId
    order_id: OrderId
    payment_id: PaymentId
    method: PaymentMethod
    status: RefundStatus
    amount: Money
    lines: tuple[RefundedLine, ...]
    reason: str
    reference: str | None
    failure: str | None
    channel: RefundChannel
    origin: RefundOrigin
    requested_at: datetime
    decided_at: datetime | None
    inquire_at: datetime | None
    inquiries: int

    @classmethod
    def of(
        cls,
        payment: Payment,
        amount: Money,
        *,
        id: RefundId,  # noqa: A002 - the parameter has the name of the field
        reason: str,
        now: datetime,
        lines: tuple[RefundedLine, ...] = (),
        is_sent_at_once: bool = False,
    ) -> Self:
        """Schedule a refund of a part of a payment.

        If the use case cannot send the refund, the worker sends it later. Raises ValidationFailed.
        """
        ensure_valid(REFUND_REASON.violations(reason, "reason"))
        return cls._of(
            payment, amount, id=id, reason=reason, lines=lines, now=now, is_sent_at_once=is_sent_at_once
        )

    @classmethod
    def _of(
        cls,
        payment: Payment,
        amount: Money,
        *,
        id: RefundId,  # noqa: A002 - the parameter has the name of the field
        reason: str,
        now: datetime,
        lines: tuple[RefundedLine, ...],
        is_sent_at_once: bool,
    ) -> Self:
        payment.returned += amount
        return cls(
            id=id,
            order_id=payment.order_id,
            payment_id=payment.id,
            method=payment.method,
            status=RefundStatus.PENDING,
            amount=amount,
            lines=lines,
            reason=reason,
            reference=None,
            failure=None,
            channel=RefundChannel.ORIGINAL,
            origin=RefundOrigin.SHOP,
            requested_at=now,
            decided_at=None,
            inquire_at=now + CALL_TIMEOUT if is_sent_at_once else now,
            inquiries=0,
        )

    @classmethod
    def made_by_provider(
        cls,
        payment: Payment,
        amount: Money,
        *,
        id: RefundId,  # noqa: A002 - the parameter has the name of the field
        reference: str | None,
        reason: str,
        now: datetime,
    ) -> Self:
        """Return a refund that was started at the provider and not by the shop."""
        refund = cls._of(payment, amount, id=id, reason=reason, lines=(), now=now, is_sent_at_once=False)
        refund.reference = reference
        refund.origin = RefundOrigin.PROVIDER
        refund.succeed(now=now)
        return refund

    def succeed(self, *, now: datetime) -> None:
        """Record that the refund succeeded."""
        self.status = RefundStatus.SUCCEEDED
        self._decide(now)

    def fail(self, failure: str | None, payment: Payment, *, now: datetime) -> None:
        """Record that the refund failed. The amount can be refunded again.

        A refund can fail after it was reported as successful.
        """
        self.status = RefundStatus.FAILED
        self.failure = failure
        payment.returned -= self.amount
        self._decide(now)

    def retry(self, payment: Payment, *, id: RefundId, failures: int, now: datetime) -> "Refund":  # noqa: A002 - the parameter has the name of the field
        """Return a new refund of the same amount.

        `failures` is the number of other failed refunds of the payment.
        """
        # The reason is not validated again, because the rule may have changed after the reason was stored.
        refund = Refund._of(
            payment,
            self.amount,
            id=id,
            reason=self.reason,
            lines=self.lines,
            now=now,
            is_sent_at_once=False,
        )
        refund.inquire_at = next_attempt(now, failures)
        return refund

    def inquire(self, *, now: datetime) -> None:
        """Record a call to the provider, and schedule the next call in case the result stays unknown."""
        self.inquire_at = next_inquiry(now, self.inquiries)
        self.inquiries += 1

    def _decide(self, now: datetime) -> None:
        self.decided_at = now
        self.inquire_at = None
