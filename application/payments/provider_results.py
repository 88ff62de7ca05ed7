"""Taking down what providers say, in a unit of work that the caller commits. What is known changes nothing."""

from collections.abc import Sequence

from application.orders.access import OrderAccess
from application.orders.locking import get_order_for_update
from application.payments.ports import Outcome, ProviderAnswer
from application.shared.clock import Clock
from application.shared.ids import IdFactory
from application.unit_of_work import UnitOfWork
from domain.orders import paying, refunding
from domain.orders.order import Order
from domain.payments.payment import Charge, Payment
from domain.payments.refund import Refund
from domain.shared.actor import Actor
from domain.shared.ids import OrderId, PaymentId, RefundId

NEVER_ARRIVED = "never_arrived"
"""The failure of a payment that its provider has never heard of."""


async def record_payment(
    work: UnitOfWork,
    order_id: OrderId,
    payment_id: PaymentId,
    answer: ProviderAnswer,
    *,
    clock: Clock,
    ids: IdFactory,
    actor: Actor,
) -> Payment:
    """Note what has become of a payment of the order, and return it as it now is."""
    order = await get_order_for_update(work, order_id, access=OrderAccess.all())
    payments = {payment.id: payment for payment in await work.payments.of_order(order_id)}
    payment = payments.pop(payment_id)
    match answer.outcome:
        case Outcome.SUCCEEDED:
            charge = Charge(answer.amount or payment.amount, answer.reference)
            others = list(payments.values())
            await _capture(work, order, payment, others, charge, clock=clock, ids=ids, actor=actor)
        case Outcome.DECLINED | Outcome.UNKNOWN:
            failure = NEVER_ARRIVED if answer.outcome is Outcome.UNKNOWN else answer.failure
            if paying.fail(order, payment, failure, now=clock.now(), actor=actor):
                await work.payments.save([payment])
                await work.orders.save([order])
        case Outcome.PENDING:
            if answer.reference not in {None, payment.reference}:
                payment.reference = answer.reference
                await work.payments.save([payment])
    return payment


async def record_refund(
    work: UnitOfWork,
    order_id: OrderId,
    refund_id: RefundId,
    answer: ProviderAnswer,
    *,
    clock: Clock,
    ids: IdFactory,
    actor: Actor,
) -> Refund:
    """Note what has become of a refund of the order, and return it as it now is."""
    order = await get_order_for_update(work, order_id, access=OrderAccess.all())
    refunds = {refund.id: refund for refund in await work.refunds.of_order(order_id)}
    refund = refunds.pop(refund_id)
    if answer.reference is not None and refund.reference is None:
        refund.reference = answer.reference
        await work.refunds.save([refund])
    if answer.outcome is Outcome.SUCCEEDED:
        if refunding.settle(order, refund, now=clock.now(), actor=actor):
            await work.refunds.save([refund])
            await work.orders.save([order])
    elif answer.outcome is Outcome.DECLINED:
        payments = {payment.id: payment for payment in await work.payments.of_order(order_id)}
        payment, others = payments[refund.payment_id], list(refunds.values())
        failed = refunding.fail(
            order, refund, others, payment, answer.failure, new_id=ids.new, now=clock.now(), actor=actor
        )
        if failed is not None:
            await work.refunds.save([refund])
            await work.refunds.add([failed.anew] if failed.anew else [])
            await work.payments.save([payment])
            await work.orders.save([order])
    return refund


async def _capture(
    work: UnitOfWork,
    order: Order,
    payment: Payment,
    others: Sequence[Payment],
    charge: Charge,
    *,
    clock: Clock,
    ids: IdFactory,
    actor: Actor,
) -> None:
    stocks = await work.stocks.lock(order.product_ids) if paying.may_need_stock(order) else {}
    captured = paying.capture(
        order, payment, others, charge, stocks, new_id=ids.new, now=clock.now(), actor=actor
    )
    if captured is None:
        return
    if captured.payment is payment:
        await work.payments.save([payment])
    else:
        await work.payments.add([captured.payment])
    if captured.refund is not None:
        await work.refunds.add([captured.refund])
    await work.orders.save([order])
    await work.stocks.save(stocks.values())
