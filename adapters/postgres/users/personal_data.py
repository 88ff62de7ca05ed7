from collections.abc import Collection

from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    func,
    null,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.core.rows import (
    EmailChangeRow,
    IdempotencyKeyRow,
    MailNoticeRow,
    MailRequestRow,
    OneTimeTokenRow,
    OrderHistoryRow,
    OrderRow,
    OutboxRow,
    ReturnRow,
    SessionRow,
    SignUpRow,
    UserRow,
)
from adapters.postgres.core.schema import JsonText
from adapters.postgres.core.transaction import Transaction
from application.shared.idempotency import ANONYMOUS, IdempotentOperation
from application.users.ports import PersonalData
from domain.orders.events import LinesCancelled, OrderCancelled, ReturnRequested
from domain.orders.lifecycle import FINISHED, Action
from domain.shared.ids import OrderId, UserId
from domain.users.user import User, UserStatus

_RESULT = cast(cast(IdempotencyKeyRow.result, Text), JSONB)
_WITHOUT_SUBJECT = IdempotencyKeyRow.format_version == 1
"""The SQL condition for idempotency records that release 6daf4a4 wrote.

Records of release 6daf4a4 have no `subject`. Only the stored result shows whose data the record contains.
"""
_ID_IN_RESULT = _RESULT["id"].as_string()
_CUSTOMER_IN_RESULT = _RESULT["customer_id"].as_string()

_SESSIONS = delete(SessionRow).where(SessionRow.user_id == bindparam("user_id"))
_ONE_TIME_TOKENS = delete(OneTimeTokenRow).where(OneTimeTokenRow.user_id == bindparam("user_id"))
# The rows are locked in the sequence of their ids, as in `PostgresSignUps.claim`.
_SIGN_UPS = delete(SignUpRow).where(
    SignUpRow.id.in_(
        select(SignUpRow.id)
        .where(SignUpRow.email == bindparam("email"))
        .order_by(SignUpRow.id)
        .with_for_update()
    )
)
_MAIL = delete(MailRequestRow).where(MailRequestRow.address == bindparam("email"))
_NOTICES = delete(MailNoticeRow).where(
    or_(MailNoticeRow.address == bindparam("email"), MailNoticeRow.subject_id == bindparam("user_id"))
)
_EMAIL_CHANGES = delete(EmailChangeRow).where(EmailChangeRow.user_id == bindparam("user_id"))
_IDEMPOTENCY_RECORDS = delete(IdempotencyKeyRow).where(
    or_(
        IdempotencyKeyRow.principal == bindparam("principal"),
        IdempotencyKeyRow.subject == bindparam("user_id"),
    )
)
_EARLIER_IDEMPOTENCY_RECORDS = delete(IdempotencyKeyRow).where(
    _WITHOUT_SUBJECT,
    or_(
        and_(IdempotencyKeyRow.principal == ANONYMOUS, bindparam("principal") == _ID_IN_RESULT),
        bindparam("principal") == _CUSTOMER_IN_RESULT,
    ),
)
_RETURNS = (
    IdempotentOperation.REQUEST_RETURN,
    IdempotentOperation.APPROVE_RETURN,
    IdempotentOperation.REFUSE_RETURN,
    IdempotentOperation.RECEIVE_RETURN,
)
_RETURN_RECORDS = delete(IdempotencyKeyRow).where(
    IdempotencyKeyRow.operation.in_(_RETURNS),
    cast(_RESULT["order_id"].as_string(), Uuid).in_(
        select(OrderRow.id).where(OrderRow.customer_id == bindparam("user_id"))
    ),
)
"""Delete all idempotency records of the customer's returns.

Records of commands from staff are deleted too, because they can contain the customer's reason.
"""
_REASONS = (
    update(OrderHistoryRow)
    .values(reason=None)
    .where(
        OrderHistoryRow.order_id.in_(select(OrderRow.id).where(OrderRow.customer_id == bindparam("user_id"))),
        OrderHistoryRow.actor_id == bindparam("user_id"),
    )
)
_OWN_CHANGES = (
    select(OrderHistoryRow.order_id, OrderHistoryRow.version)
    .join(OrderRow, OrderRow.id == OrderHistoryRow.order_id)
    .where(
        OrderRow.customer_id == bindparam("user_id"),
        OrderHistoryRow.actor_id == bindparam("user_id"),
        OrderHistoryRow.action.in_((Action.CANCEL, Action.CANCEL_LINES, Action.REQUEST_RETURN)),
    )
)
_REASONS_IN_EVENTS = (
    update(OutboxRow)
    .values(data=cast(func.jsonb_set(cast(OutboxRow.data, JSONB), ["reason"], text("'null'")), JsonText))
    .where(
        OutboxRow.type.in_((OrderCancelled.type, LinesCancelled.type, ReturnRequested.type)),
        tuple_(OutboxRow.aggregate_id, OutboxRow.aggregate_version).in_(_OWN_CHANGES),
    )
)
_RETURN_REASONS = (
    update(ReturnRow)
    .values(reason=None)
    .where(ReturnRow.order_id.in_(select(OrderRow.id).where(OrderRow.customer_id == bindparam("user_id"))))
)
_FROM_ORDERS = (
    update(OrderRow)
    .values({OrderRow.shipping_address: null(), OrderRow.note: null(), OrderRow.order_metadata: text("'{}'")})
    .where(
        OrderRow.status.in_(sorted(FINISHED)),
        or_(
            OrderRow.shipping_address.is_not(None),
            OrderRow.note.is_not(None),
            cast(OrderRow.order_metadata, Text) != "{}",
        ),
    )
)
_FROM_ORDERS_OF_ONE = _FROM_ORDERS.where(OrderRow.customer_id == bindparam("user_id"))
_TAKE_OVER = (
    update(IdempotencyKeyRow)
    .values(subject=bindparam("user_id"))
    .where(IdempotencyKeyRow.subject == any_(bindparam("order_ids", type_=ARRAY(Uuid))))
)
"""Make the user the subject of the idempotency records of a guest's orders.

Before this update, the subject of such a record is the order itself: see `OrderView.subject`.
"""
_CLOSED = select(UserRow.id).where(UserRow.status == UserStatus.CLOSED)
_FROM_ORDERS_OF_CLOSED = _FROM_ORDERS.where(OrderRow.customer_id.in_(_CLOSED))
_IDEMPOTENCY_RECORDS_OF_CLOSED = delete(IdempotencyKeyRow).where(IdempotencyKeyRow.subject.in_(_CLOSED))
_EARLIER_IDEMPOTENCY_RECORDS_OF_CLOSED = delete(IdempotencyKeyRow).where(
    _WITHOUT_SUBJECT, cast(_CUSTOMER_IN_RESULT, Uuid).in_(_CLOSED)
)


class PostgresPersonalData(PersonalData):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def erase(self, user: User) -> None:
        mine = {"user_id": user.id}
        await self._transaction.execute(_SESSIONS, mine)
        # The mail worker uses the same sequence: it locks a mail request or a sign-up before it locks the token to
        # send.
        address = {"email": user.email.normalized if user.email else None}
        await self._transaction.execute(_MAIL, address)
        await self._transaction.execute(_NOTICES, {**mine, **address})
        await self._transaction.execute(_SIGN_UPS, address)
        await self._transaction.execute(_EMAIL_CHANGES, mine)
        await self._transaction.execute(_ONE_TIME_TOKENS, mine)
        await self._transaction.execute(_IDEMPOTENCY_RECORDS, {**mine, "principal": str(user.id)})
        await self._transaction.execute(_EARLIER_IDEMPOTENCY_RECORDS, {"principal": str(user.id)})
        await self._transaction.execute(_RETURN_RECORDS, mine)
        await self._transaction.execute(_REASONS_IN_EVENTS, mine)
        await self._transaction.execute(_REASONS, mine)
        await self._transaction.execute(_RETURN_REASONS, mine)
        await self._transaction.execute(_FROM_ORDERS_OF_ONE, mine)

    async def take_over(self, order_ids: Collection[OrderId], user_id: UserId) -> None:
        await self._transaction.execute(_TAKE_OVER, {"user_id": user_id, "order_ids": list(order_ids)})

    async def erase_from_orders_of_closed_accounts(self) -> None:
        await self._transaction.execute(_FROM_ORDERS_OF_CLOSED)
        await self._transaction.execute(_IDEMPOTENCY_RECORDS_OF_CLOSED)
        await self._transaction.execute(_EARLIER_IDEMPOTENCY_RECORDS_OF_CLOSED)
