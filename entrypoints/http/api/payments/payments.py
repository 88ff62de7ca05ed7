"""Payments of orders. Customers and staff request and void payments. Staff capture payments."""

from typing import Annotated

from fastapi import Request, Response

from application.orders.access import OrderAccess
from application.payments.capture_payment import CapturePayment
from application.payments.pay_order import PayOrder, PayOrderCommand
from application.payments.payment_operations import PaymentCommand
from application.payments.queries import GetPayment, ListPayments
from application.payments.views import PaymentView
from application.payments.void_payment import VoidPayment
from application.shared.idempotency import IdempotentOperation
from domain.payments.payment import PaymentStatus
from domain.shared.ids import OrderId, PaymentId
from domain.users.permissions import Permission
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.orders.access import order_access
from entrypoints.http.api.orders.parts import page_of_order, part_of_order
from entrypoints.http.api.payments.schemas import (
    CapturePaymentRequest,
    PaymentResponse,
    PayOrderRequest,
    VoidPaymentRequest,
)
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.idempotency import RequiredKey, mark_replay
from entrypoints.http.representation.pagination import PageResponse, PageResult
from entrypoints.http.representation.path_parameters import OrderIdInPath, PaymentIdInPath
from entrypoints.http.representation.response_headers import sends_headers
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import PayingCustomer, Refunder, actor_of
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

CAPTURE_ALL = CapturePaymentRequest()
VOID = VoidPaymentRequest()

router = StrictRouter(prefix="/v1/orders/{order_id:uuid}/payments", tags=["payments"])


@router.post(
    "",
    operation_id="pay_order",
    summary="Pay for an order",
    description=described_by(PayOrder),
    response_description="The payment is captured or authorized, or it has failed: see `status`.",
    status_code=201,
    response_model=PaymentResponse,
    responses={
        202: {
            "description": "The payment is pending, or requires an action of the customer.",
            "model": PaymentResponse,
        },
        **problem_responses("not_found", "invalid_transition", "payment_in_progress"),
    },
    dependencies=[LimitWrites],
)
@sends_headers("Location")
async def pay_order(
    order_id: OrderIdInPath,
    body: PayOrderRequest,
    customer: PayingCustomer,
    key: RequiredKey,
    request: Request,
    response: Response,
    pay_order: Annotated[PayOrder, from_container(GRAPH.payments.pay_order)],
) -> PaymentView:
    outcome = await pay_order(
        PayOrderCommand(
            order_id=OrderId(order_id),
            amount=body.amount.to_money(),
            method=body.method,
            token=body.token,
            capture_method=body.capture_method,
            access=order_access(customer, Permission.PAY_ANY_ORDER),
            key=key.of(IdempotentOperation.PAY_ORDER, customer),
            actor=actor_of(request, customer),
        )
    )
    payment = outcome.result
    mark_replay(response, outcome)
    response.headers["Location"] = f"/v1/orders/{order_id}/payments/{payment.id}"
    if payment.status in {PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION}:
        response.status_code = 202
    return payment


@router.get(
    "",
    operation_id="list_payments",
    summary="List an order's payments",
    description=described_by(ListPayments),
    response_description="A page of the order's payments.",
    response_model=PageResponse[PaymentResponse],
    responses=problem_responses("not_found"),
    dependencies=[LimitReads],
)
async def list_payments(
    payments: Annotated[PageResult[PaymentView], page_of_order(GRAPH.payments.list_payments)],
) -> PageResult[PaymentView]:
    return payments


@router.get(
    "/{payment_id:uuid}",
    operation_id="get_payment",
    summary="Show a payment",
    description=described_by(GetPayment),
    response_description="The payment.",
    response_model=PaymentResponse,
    responses=problem_responses("not_found"),
    dependencies=[LimitReads],
)
async def get_payment(
    payment: Annotated[PaymentView, part_of_order(GRAPH.payments.get_payment, "payment_id")],
) -> PaymentView:
    return payment


@router.post(
    "/{payment_id:uuid}/capture",
    operation_id="capture_payment",
    summary="Capture an authorized payment",
    description=described_by(CapturePayment),
    response_description="The captured payment.",
    response_model=PaymentResponse,
    responses=problem_responses("not_found", "invalid_transition", "payment_in_progress"),
    dependencies=[LimitWrites],
)
async def capture_payment(
    order_id: OrderIdInPath,
    payment_id: PaymentIdInPath,
    staff: Refunder,
    key: RequiredKey,
    request: Request,
    response: Response,
    capture_payment: Annotated[CapturePayment, from_container(GRAPH.payments.capture_payment)],
    body: CapturePaymentRequest = CAPTURE_ALL,
) -> PaymentView:
    outcome = await capture_payment(
        PaymentCommand(
            order_id=OrderId(order_id),
            payment_id=PaymentId(payment_id),
            access=OrderAccess.all(),
            key=key.of(IdempotentOperation.CAPTURE_PAYMENT, staff),
            actor=actor_of(request, staff),
        ),
        body.amount.to_money() if body.amount else None,
    )
    mark_replay(response, outcome)
    return outcome.result


@router.post(
    "/{payment_id:uuid}/void",
    operation_id="void_payment",
    summary="Void a payment",
    description=described_by(VoidPayment),
    response_description="The voided payment.",
    response_model=PaymentResponse,
    responses=problem_responses("not_found", "invalid_transition", "payment_in_progress"),
    dependencies=[LimitWrites],
)
async def void_payment(
    order_id: OrderIdInPath,
    payment_id: PaymentIdInPath,
    customer: PayingCustomer,
    key: RequiredKey,
    request: Request,
    response: Response,
    void_payment: Annotated[VoidPayment, from_container(GRAPH.payments.void_payment)],
    body: VoidPaymentRequest = VOID,  # noqa: ARG001 - declared so that a body with any field is rejected
) -> PaymentView:
    outcome = await void_payment(
        PaymentCommand(
            order_id=OrderId(order_id),
            payment_id=PaymentId(payment_id),
            access=order_access(customer, Permission.PAY_ANY_ORDER),
            key=key.of(IdempotentOperation.VOID_PAYMENT, customer),
            actor=actor_of(request, customer),
        )
    )
    mark_replay(response, outcome)
    return outcome.result
