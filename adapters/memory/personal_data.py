from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import partial

from adapters.memory.core.database import yield_control
from adapters.memory.core.tables import Tables
from adapters.memory.core.transaction import Transaction
from adapters.memory.orders import order_row
from adapters.memory.sessions import session_row
from application.orders.views import ReturnView
from application.shared.idempotency import PersonalResult, StoredResult
from application.users.ports import PersonalData
from domain.orders.events import LinesCancelled, OrderCancelled, ReturnRequested
from domain.orders.lifecycle import FINISHED
from domain.orders.order import Order
from domain.shared.events import Event
from domain.shared.ids import OrderId, UserId
from domain.users.user import User, UserStatus


class MemoryPersonalData(PersonalData):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def erase(self, user: User) -> None:
        tables = self._transaction.tables
        sessions = [session.id for session in tables.sessions.values() if session.user_id == user.id]
        await self._transaction.lock(map(session_row, sessions))
        await yield_control()
        for session_id in sessions:
            tables.sessions.pop(session_id, None)
        for place in [place for place in tables.one_time_tokens if place[0] == user.id]:
            del tables.one_time_tokens[place]
        for sign_up in [sign_up for sign_up in tables.sign_ups.values() if sign_up.email == user.email]:
            del tables.sign_ups[sign_up.id]
        tables.email_changes.pop(user.id, None)
        for place_in_queue in [
            place for place in tables.mail if place[1] == user.email or place[2] == user.id
        ]:
            del tables.mail[place_in_queue]
        for scope, record in list(tables.idempotency.items()):
            if scope[0] == str(user.id) or _subject_of(record, tables) == user.id:
                del tables.idempotency[scope]
        await self._erase_from_all_orders_of(user.id)

    async def _erase_from_all_orders_of(self, user_id: UserId) -> None:
        tables = self._transaction.tables
        orders = {order.id: order for order in tables.orders.values() if order.customer_id == user_id}
        own_changes = set()
        for (order_id, version), change in list(tables.changes.items()):
            if order_id in orders and change.actor.id == user_id:
                tables.changes[order_id, version] = replace(change, reason=None)
                own_changes.add((order_id, version))
        self._transaction.change_earlier_events(partial(_without_reason, own_changes))
        for returned in [each for each in tables.returns.values() if each.order_id in orders]:
            tables.returns[returned.id] = replace(returned, reason=None)
        for scope, record in list(tables.idempotency.items()):
            if isinstance(record.result, ReturnView) and record.result.order_id in orders:
                del tables.idempotency[scope]
        await self._erase_from(orders.values())

    async def take_over(self, order_ids: Collection[OrderId], user_id: UserId) -> None:
        await yield_control()
        self._transaction.tables.claimed_by.update(dict.fromkeys(order_ids, user_id))

    async def erase_from_orders_of_closed_accounts(self) -> None:
        users = self._transaction.tables.users
        closed = {user.id for user in users.values() if user.status is UserStatus.CLOSED}
        orders = self._transaction.tables.orders.values()
        await self._erase_from(order for order in orders if order.customer_id in closed)
        records = self._transaction.tables.idempotency
        for scope, record in list(records.items()):
            if _subject_of(record, self._transaction.tables) in closed:
                del records[scope]

    async def _erase_from(self, orders: Iterable[Order]) -> None:
        finished = [order.id for order in orders if order.status in FINISHED]
        await self._transaction.lock(map(order_row, finished))
        await yield_control()
        for order_id in finished:
            order = self._transaction.tables.orders[order_id]
            self._transaction.tables.orders[order_id] = replace(
                order, shipping_address=None, note=None, metadata={}
            )


def _without_reason(own_changes: Collection[tuple[OrderId, int]], event: Event) -> Event:
    if isinstance(event, OrderCancelled | LinesCancelled | ReturnRequested):
        is_own = (event.aggregate_id, event.aggregate_version) in own_changes
        return replace(event, reason=None) if is_own else event
    return event


def _subject_of(record: StoredResult[object], tables: Tables) -> UserId | None:
    if not isinstance(record.result, PersonalResult):
        return None
    return tables.claimed_by.get(OrderId(record.result.subject), record.result.subject)
