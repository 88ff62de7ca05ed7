"""The behavior that only the sandbox provider has: a result for each token, and webhooks."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from adapters.payments.sandbox.gateway import SandboxGateway
from adapters.payments.sandbox.store import SandboxMessage
from adapters.payments.sandbox.tokens import ACTION
from adapters.payments.sandbox.webhook_dispatcher import LEASE, SandboxWebhookDispatcher
from adapters.payments.sandbox.webhook_parser import SandboxSignatures, SandboxWebhookParser
from application.payments.provider_ports import (
    Outcome,
    PaymentRequest,
    ProviderEvent,
    ProviderEventKind,
    ProviderUnavailable,
    UnverifiedMessage,
)
from domain.payments.payment import CaptureMethod
from tests.contract.sandbox_provider import LATE_BY
from tests.kit.payments import a_payment, a_refund
from tests.kit.ports import FixedClock, SequentialIds
from tests.kit.store import Store

URL = "http://shop/v1/webhooks/payments/sandbox"


class Sandbox:
    """The sandbox provider, and a shop that receives the provider's webhooks.

    If `refusal` is set, each webhook gets the response that `refusal` returns. The shop then records no event.
    """

    def __init__(self, store: Store) -> None:
        self.clock = FixedClock()
        self.ids = SequentialIds()
        self.store = store.sandbox_store
        self.gateway = SandboxGateway(self.store, self.clock, self.ids, late_by=LATE_BY)
        self.signatures = SandboxSignatures(store.secrets, [])
        self.inbox = SandboxWebhookParser(self.signatures, self.clock)
        self.events: list[ProviderEvent] = []
        self.attempts = 0
        self.refusal: Callable[[], httpx2.Response] | None = None
        self.client = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))

    def payment(self) -> PaymentRequest:
        return a_payment(self.ids, now=self.clock.now())

    async def call_back(self) -> int:
        dispatcher = SandboxWebhookDispatcher(self.store, self.signatures, self.client, self.clock, url=URL)
        return await dispatcher(limit=100)

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.attempts += 1
        if self.refusal:
            return self.refusal()
        assert str(request.url) == URL
        self.events.append(await self.inbox.open(UnverifiedMessage(request.headers, request.content)))
        return httpx2.Response(204)


@pytest.fixture
def sandbox(store: Store) -> Sandbox:
    return Sandbox(store)


async def test_payment_with_the_token_tok_ok_is_captured_and_reported_only_once(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    answer = await sandbox.gateway.pay(payment, "tok_ok")
    assert await sandbox.call_back() == 1
    assert await sandbox.call_back() == 0
    [event] = sandbox.events
    assert event.kind is ProviderEventKind.CAPTURED
    assert (event.payment_id, event.reference, event.amount) == (payment.id, answer.reference, payment.amount)
    assert event.occurred_at == sandbox.clock.now()


async def test_sandbox_payment_without_a_payment_token_is_captured(sandbox: Sandbox) -> None:
    assert (await sandbox.gateway.pay(sandbox.payment(), None)).outcome is Outcome.SUCCEEDED


async def test_payment_with_the_token_tok_declined_fails_and_states_the_reason(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    await sandbox.gateway.pay(payment, "tok_declined")
    await sandbox.call_back()
    [event] = sandbox.events
    assert (event.kind, event.payment_id, event.failure) == (
        ProviderEventKind.FAILED,
        payment.id,
        "card_declined",
    )


async def test_payment_with_the_token_tok_late_is_captured_after_the_order_has_expired(
    sandbox: Sandbox,
) -> None:
    payment = sandbox.payment()
    assert (await sandbox.gateway.pay(payment, "tok_late")).outcome is Outcome.PENDING
    sandbox.clock.advance(LATE_BY - timedelta(microseconds=1))
    assert (await sandbox.gateway.find_payment(payment)).outcome is Outcome.PENDING
    assert await sandbox.call_back() == 0
    sandbox.clock.advance(timedelta(microseconds=1))
    assert (await sandbox.gateway.find_payment(payment)).outcome is Outcome.SUCCEEDED
    assert await sandbox.call_back() == 1
    assert [event.kind for event in sandbox.events] == [ProviderEventKind.CAPTURED]


async def test_sandbox_reports_a_tok_timeout_payment_only_in_reply_to_a_query(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    with pytest.raises(ProviderUnavailable):
        await sandbox.gateway.pay(payment, "tok_timeout")
    assert await sandbox.call_back() == 0
    assert (await sandbox.gateway.find_payment(payment)).outcome is Outcome.SUCCEEDED


async def test_token_tok_twice_causes_two_charges_and_each_charge_can_be_refunded(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    answer = await sandbox.gateway.pay(payment, "tok_twice")
    await sandbox.call_back()
    assert [event.kind for event in sandbox.events] == [ProviderEventKind.CAPTURED] * 2
    assert {event.payment_id for event in sandbox.events} == {payment.id}
    references = {event.reference for event in sandbox.events}
    assert len(references) == 2
    assert answer.reference in references
    for reference in references:
        refund = a_refund(sandbox.ids, payment, reference, amount=1999, now=sandbox.clock.now())
        assert (await sandbox.gateway.refund(refund)).outcome is Outcome.SUCCEEDED


async def test_sandbox_reports_the_result_of_each_refund(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    reference = (await sandbox.gateway.pay(payment, "tok_ok")).reference
    refunds = [
        a_refund(sandbox.ids, payment, reference, amount=amount, now=sandbox.clock.now())
        for amount in (1999, 1)
    ]
    for refund in refunds:
        await sandbox.gateway.refund(refund)
    await sandbox.call_back()
    events = {event.refund_id: event for event in sandbox.events if event.refund_id}
    assert events[refunds[0].id].kind is ProviderEventKind.REFUNDED
    assert events[refunds[1].id].kind is ProviderEventKind.REFUND_FAILED
    assert events[refunds[1].id].failure == "exceeds_charge"


async def test_concurrent_sandbox_refunds_never_exceed_the_captured_amount(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    reference = (await sandbox.gateway.pay(payment, "tok_ok")).reference
    refunds = [
        a_refund(sandbox.ids, payment, reference, amount=500, now=sandbox.clock.now()) for _ in range(10)
    ]
    answers = await asyncio.gather(*map(sandbox.gateway.refund, refunds))
    assert sum(answer.outcome is Outcome.SUCCEEDED for answer in answers) == 3


async def test_concurrent_requests_for_the_same_refund_refund_the_money_only_once(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    reference = (await sandbox.gateway.pay(payment, "tok_ok")).reference
    for known in (reference, "nobody_s"):
        refund = a_refund(sandbox.ids, payment, known, amount=500, now=sandbox.clock.now())
        answers = await asyncio.gather(*(sandbox.gateway.refund(refund) for _ in range(5)))
        assert len({answer.reference for answer in answers}) == 1


async def test_two_sandbox_processes_return_the_same_result_for_a_payment(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    answer = await sandbox.gateway.pay(payment, "tok_ok")
    other = SandboxGateway(sandbox.store, sandbox.clock, sandbox.ids, late_by=LATE_BY)
    assert await other.pay(payment, "tok_declined") == answer


def _refuse() -> httpx2.Response:
    return httpx2.Response(503)


def _hang_up() -> httpx2.Response:
    raise httpx2.ConnectError("refused")


@pytest.mark.parametrize("refusal", [_refuse, _hang_up])
async def test_unacknowledged_sandbox_webhook_is_sent_again_at_growing_intervals(
    sandbox: Sandbox, refusal: Callable[[], httpx2.Response]
) -> None:
    await sandbox.gateway.pay(sandbox.payment(), "tok_ok")
    sandbox.refusal = refusal
    for seconds in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
        assert await sandbox.call_back() == 1
        sandbox.clock.advance(timedelta(seconds=seconds, microseconds=-1))
        assert await sandbox.call_back() == 0
        sandbox.clock.advance(timedelta(microseconds=1))
    sandbox.refusal = None
    await sandbox.call_back()
    assert len(sandbox.events) == 1


async def test_sandbox_webhook_is_dropped_after_its_last_attempt(sandbox: Sandbox) -> None:
    await sandbox.gateway.pay(sandbox.payment(), "tok_ok")
    sandbox.refusal = _refuse
    while await sandbox.call_back():
        sandbox.clock.advance(timedelta(minutes=5))
    assert sandbox.attempts == 100


async def test_concurrent_dispatchers_send_a_sandbox_webhook_only_once(sandbox: Sandbox) -> None:
    for _ in range(5):
        await sandbox.gateway.pay(sandbox.payment(), "tok_ok")
    await asyncio.gather(*(sandbox.call_back() for _ in range(4)))
    assert len({event.event_id for event in sandbox.events}) == len(sandbox.events) == 5


async def test_webhook_of_a_killed_dispatcher_is_sent_by_another_dispatcher(sandbox: Sandbox) -> None:
    await sandbox.gateway.pay(sandbox.payment(), "tok_ok")
    now = sandbox.clock.now()
    messages: list[SandboxMessage] = [
        *await sandbox.store.take_due_messages(now, again_at=now + LEASE, limit=9)
    ]
    assert len(messages) == 1
    assert await sandbox.call_back() == 0
    sandbox.clock.advance(LEASE)
    await sandbox.call_back()
    assert len(sandbox.events) == 1


async def test_payment_with_the_token_tok_3ds_ok_is_captured_after_authentication(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    answer = await sandbox.gateway.pay(payment, "tok_3ds_ok")
    assert answer.outcome is Outcome.REQUIRES_ACTION
    assert answer.next_action is not None
    assert answer.next_action.redirect_url
    assert await sandbox.call_back() == 0
    sandbox.clock.advance(ACTION)
    assert (await sandbox.gateway.find_payment(payment)).outcome is Outcome.SUCCEEDED
    await sandbox.call_back()
    assert [event.kind for event in sandbox.events] == [ProviderEventKind.CAPTURED]


async def test_sandbox_payment_is_declined_after_a_failed_authentication(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    await sandbox.gateway.pay(payment, "tok_3ds_failed")
    sandbox.clock.advance(ACTION)
    answer = await sandbox.gateway.find_payment(payment)
    assert (answer.outcome, answer.failure) == (Outcome.DECLINED, "authentication_failed")


async def test_voided_sandbox_payment_is_not_reported_as_captured(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    await sandbox.gateway.pay(payment, "tok_3ds_ok")
    await sandbox.gateway.void(payment)
    sandbox.clock.advance(ACTION)
    await sandbox.call_back()
    assert [event.kind for event in sandbox.events] == [ProviderEventKind.VOIDED]


async def test_payment_with_the_token_tok_3ds_abandoned_requires_action_until_a_void(
    sandbox: Sandbox,
) -> None:
    payment = sandbox.payment()
    await sandbox.gateway.pay(payment, "tok_3ds_abandoned")
    sandbox.clock.advance(timedelta(days=30))
    assert (await sandbox.gateway.find_payment(payment)).outcome is Outcome.REQUIRES_ACTION
    assert (await sandbox.gateway.void(payment)).outcome is Outcome.VOIDED


async def test_sandbox_authorization_for_tok_auth_expired_lasts_one_minute(sandbox: Sandbox) -> None:
    payment = replace(sandbox.payment(), capture_method=CaptureMethod.MANUAL)
    assert (await sandbox.gateway.pay(payment, "tok_auth_expired")).outcome is Outcome.AUTHORIZED
    sandbox.clock.advance(timedelta(minutes=1))
    answer = await sandbox.gateway.capture(payment, payment.amount)
    assert (answer.outcome, answer.failure) == (Outcome.VOIDED, "authorization_expired")
    await sandbox.call_back()
    assert Counter(event.kind for event in sandbox.events) == {
        ProviderEventKind.AUTHORIZED: 1,
        ProviderEventKind.VOIDED: 1,
    }


async def test_token_tok_auth_renewable_permits_a_renewal_for_seven_days(sandbox: Sandbox) -> None:
    payment = replace(sandbox.payment(), capture_method=CaptureMethod.MANUAL)
    authorized = await sandbox.gateway.pay(payment, "tok_auth_renewable")
    sandbox.clock.advance(timedelta(seconds=59))
    renewed = await sandbox.gateway.renew(payment)
    assert renewed.authorized_until == sandbox.clock.now() + timedelta(days=7)
    sandbox.clock.advance(timedelta(days=6))
    await sandbox.call_back()
    assert [event.kind for event in sandbox.events] == 2 * [ProviderEventKind.AUTHORIZED]
    assert {event.authorized_until for event in sandbox.events} == {
        authorized.authorized_until,
        renewed.authorized_until,
    }
    sandbox.clock.advance(timedelta(days=1))
    assert (await sandbox.gateway.renew(payment)).failure == "authorization_expired"


async def test_token_tok_disputed_causes_a_dispute_one_minute_after_the_capture(sandbox: Sandbox) -> None:
    payment = sandbox.payment()
    assert (await sandbox.gateway.pay(payment, "tok_disputed")).outcome is Outcome.SUCCEEDED
    await sandbox.call_back()
    sandbox.clock.advance(timedelta(minutes=1))
    await sandbox.call_back()
    assert [event.kind for event in sandbox.events] == [
        ProviderEventKind.CAPTURED,
        ProviderEventKind.DISPUTE_OPENED,
    ]
    assert sandbox.events[1].payment_id == payment.id
