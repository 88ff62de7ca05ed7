"""The ten invariants, and additional rules for a small shop and for each step of this shop."""

from collections import Counter

from domain.orders.lifecycle import HOLDING_STOCK, PAID_AND_ACTIVE, TRANSITIONS, Action, OrderStatus
from domain.orders.order import Order
from domain.orders.order_return import ReturnedLine, ReturnStatus
from domain.payments.payment import PaymentOperation, PaymentStatus
from domain.payments.refund import RefundStatus
from tests.model.world import UNITS, Snapshot, World

TRUTH = "no customer gets out_of_stock while expired holds keep units"
DISPUTED = "a disputed order is not shipped without an override"
ONE_PAYMENT = "an order has at most one undecided payment"
RETURNED = "returned units are those of the received returns"
UNCHANGED = "the details of an order are not changed after shipping began"
PAID = "what is confirmed is paid for, with money that does not go back"
ROWS = {(row.source, row.action, row.target): row for row in TRANSITIONS}


class BrokenRule(AssertionError):
    """A rule was violated. `rule` is the name of the rule."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def ensure(holds: bool, rule: str) -> None:
    if not holds:
        raise BrokenRule(rule)


def check_state(world: World) -> None:
    stock = world.database.tables.stocks[world.product.id]
    lines = [(order.status, line) for order in world.orders for line in order.lines]
    shipped = sum(line.fulfilled for _, line in lines)
    held = sum(
        line.quantity - line.fulfilled - line.cancelled for status, line in lines if status in HOLDING_STOCK
    )
    sold = sum(line.quantity - line.cancelled for status, line in lines if status in PAID_AND_ACTIVE)
    restocked = sum(
        line.quantity for order in world.orders for line in _received(world, order) if line.restock
    )
    ensure(sold <= UNITS + restocked, "I1")
    ensure(shipped <= UNITS + restocked, "I1")
    ensure(0 <= stock.reserved <= stock.on_hand, "I2")
    ensure(stock.reserved == held, "I3")
    ensure(all(0 <= line.fulfilled <= line.quantity - line.cancelled for _, line in lines), "I3")
    ensure(all(0 <= line.returned <= line.fulfilled for _, line in lines), "I3")
    ensure(stock.on_hand == UNITS - shipped + restocked, "I4")
    ensure(all(line.refunded <= line.cancelled + line.returned for _, line in lines), "I10")
    for order in world.orders:
        received = sum(line.quantity for line in _received(world, order))
        ensure(sum(line.returned for line in order.lines) == received, RETURNED)
        _check_money(world, order)
        ensure(order.total.amount == sum(line.total.amount for line in order.lines), "I7")
    keys = Counter(order.key for order in world.orders)
    ensure(all(count == 1 for count in keys.values()), "I8")


def check_step(world: World, before: Snapshot) -> None:
    """Check the records that a step wrote: history, ledger and events."""
    stock_before = before.tables.stocks[world.product.id]
    stock = world.database.tables.stocks[world.product.id]
    movements = world.database.tables.movements.values()
    ensure(stock.on_hand == stock_before.on_hand + sum(m.on_hand_delta for m in movements), "I4")
    ensure(stock.reserved == stock_before.reserved + sum(m.reserved_delta for m in movements), "I4")
    for order in world.orders:
        known = before.tables.orders.get(order.id)
        is_shipped = known is not None and order.fulfilled_units > known.fulfilled_units
        ensure(not is_shipped or known is None or known.open_disputes == 0, DISPUTED)
        is_changed = known is not None and known.fulfilled_units > 0 and order.details != known.details
        ensure(not is_changed, UNCHANGED)
        _check_changes(world, order, since=known.version if known else 0)
    if world.somebody_was_refused:
        now = world.shop.clock.now()
        ensure(
            not any(o.status is OrderStatus.PENDING_PAYMENT and o.is_due(now) for o in world.orders), TRUTH
        )


def _check_changes(world: World, order: Order, *, since: int) -> None:
    changes = {v: change for (id_, v), change in world.database.tables.changes.items() if id_ == order.id}
    ensure(sorted(changes) == list(range(since + 1, order.version + 1)), "I9")
    event_types: dict[int, list[str]] = {version: [] for version in changes}
    for event in world.database.outbox:
        if event.aggregate_id == order.id:
            ensure(event.aggregate_version in event_types, "I9")
            event_types[event.aggregate_version].append(event.type)
    for version, change in changes.items():
        row = ROWS[change.source, change.action, change.target]
        ensure(row.event is not None and event_types[version].count(row.event) == 1, "I9")
        ensure({row.event, *row.along}.issuperset(event_types[version]), "I9")
        if change.action is Action.AUTHORIZE:
            ensure(order.authorized_amount == order.payable.amount or order.status is not change.target, PAID)
        if change.action in {Action.CONFIRM, Action.REINSTATE}:
            kept = order.paid_total - order.refunded_total - order.pending_refund_total
            ensure(kept.amount >= order.payable.amount, PAID)


def _received(world: World, order: Order) -> list[ReturnedLine]:
    received = [each for each in world.returns_of(order.id) if each.status is ReturnStatus.RECEIVED]
    return [line for each in received for line in each.lines]


def _check_money(world: World, order: Order) -> None:
    refunds = world.refunds_of(order.id)
    ensure(sum(each.is_undecided for each in world.payments_of(order.id)) <= 1, ONE_PAYMENT)
    authorized = [each for each in world.payments_of(order.id) if each.status is PaymentStatus.AUTHORIZED]
    ensure(order.authorized_amount == sum(each.amount.amount for each in authorized), "I6")
    is_ending = all(each.requested is PaymentOperation.VOID for each in authorized)
    ensure(order.status in PAID_AND_ACTIVE or is_ending, "I5")
    captured = [each for each in world.payments_of(order.id) if each.status is PaymentStatus.CAPTURED]
    ensure(order.paid_total.amount == sum(each.captured.amount for each in captured), "I6")
    ensure(order.refunded_total.amount + order.pending_refund_total.amount <= order.paid_total.amount, "I6")
    for payment in captured:
        returned = [refund for refund in refunds if refund.payment_id == payment.id]
        promised = sum(r.amount.amount for r in returned if r.status is not RefundStatus.FAILED)
        ensure(promised == payment.returned.amount <= payment.captured.amount, "I6")
        ensure(order.status in PAID_AND_ACTIVE or promised == payment.captured.amount, "I5")
    kept = order.paid_total - order.refunded_total - order.pending_refund_total
    ensure(order.status not in PAID_AND_ACTIVE or kept.amount <= order.payable.amount, "I5")
