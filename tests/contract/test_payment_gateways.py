"""The contract of payment gateways, with each provider."""

import asyncio
from dataclasses import replace

import pytest

from application.payments.provider_ports import Outcome, PaymentRequest, ProviderUnavailable
from domain.payments.payment import CaptureMethod
from domain.shared.money import Money
from tests.contract.payment_providers import Provider
from tests.kit.payments import a_payment, a_refund
from tests.kit.ports import SequentialIds

IDS = SequentialIds()


def payment_at(provider: Provider, amount: Money | None = None) -> PaymentRequest:
    return a_payment(IDS, now=provider.clock.now(), amount=amount)


async def test_capture_is_reported_with_the_provider_reference(provider: Provider) -> None:
    payment = payment_at(provider)
    answer = await provider.gateway.pay(payment, provider.good)
    assert answer.outcome is Outcome.SUCCEEDED
    assert answer.amount == payment.amount
    assert answer.reference
    assert answer.failure is None


@pytest.mark.parametrize(
    "amount", [Money(1, "EUR"), Money(500, "JPY"), Money(1230, "KWD"), Money(50, "ISK"), Money(2000, "MGA")]
)
async def test_captured_amount_is_exact_in_currencies_with_any_number_of_decimals(
    provider: Provider, amount: Money
) -> None:
    payment = payment_at(provider, amount)
    captured = await provider.gateway.pay(payment, provider.good)
    assert captured.amount == amount
    refund = a_refund(IDS, payment, captured.reference, amount=amount.amount, now=provider.clock.now())
    assert (await provider.gateway.refund(refund)).amount == amount


async def test_repeated_gateway_request_for_a_payment_returns_the_first_result(provider: Provider) -> None:
    payment = payment_at(provider)
    first = await provider.gateway.pay(payment, provider.good)
    assert await provider.gateway.pay(payment, provider.good) == first
    assert await provider.gateway.pay(payment, provider.declined) == first
    declined = payment_at(provider)
    refusal = await provider.gateway.pay(declined, provider.declined)
    assert await provider.gateway.pay(declined, provider.declined) == refusal


async def test_concurrent_gateway_requests_for_one_payment_charge_the_customer_only_once(
    provider: Provider,
) -> None:
    payment = payment_at(provider)
    answers = await asyncio.gather(
        *(provider.gateway.pay(payment, provider.good) for _ in range(5)), return_exceptions=True
    )
    answered = [answer for answer in answers if not isinstance(answer, ProviderUnavailable)]
    assert len({answer.reference for answer in answered if not isinstance(answer, BaseException)}) == 1
    found = await provider.gateway.find_payment(payment)
    assert all(answer == found for answer in answered)


async def test_declined_card_is_reported_with_a_stable_code(provider: Provider) -> None:
    payment = payment_at(provider)
    answer = await provider.gateway.pay(payment, provider.declined)
    assert (answer.outcome, answer.failure) == (Outcome.DECLINED, provider.decline_code)
    assert answer.amount is None


@pytest.mark.parametrize("token", ["tok_nobody_has", "", "pm_%2F../x", "tok_\u1234"])
async def test_payment_with_an_unknown_payment_token_captures_nothing(provider: Provider, token: str) -> None:
    payment = payment_at(provider)
    answer = await provider.gateway.pay(payment, token)
    assert answer.outcome is Outcome.DECLINED
    assert answer.failure
    found = await provider.gateway.find_payment(payment)
    assert found.outcome in {Outcome.DECLINED, Outcome.UNKNOWN}


async def test_query_of_a_payment_returns_the_result_of_the_payment_request(provider: Provider) -> None:
    captured, declined = payment_at(provider), payment_at(provider)
    answers = [
        await provider.gateway.pay(captured, provider.good),
        await provider.gateway.pay(declined, provider.declined),
    ]
    assert [
        await provider.gateway.find_payment(captured),
        await provider.gateway.find_payment(declined),
    ] == answers


async def test_query_of_an_unknown_payment_returns_the_outcome_unknown(
    provider: Provider,
) -> None:
    payment = payment_at(provider)
    assert (await provider.gateway.find_payment(payment)).outcome is Outcome.UNKNOWN
    assert (await provider.gateway.find_payment(payment)).outcome is Outcome.UNKNOWN


async def test_gateway_declines_refunds_above_the_captured_amount(provider: Provider) -> None:
    payment = payment_at(provider)
    reference = (await provider.gateway.pay(payment, provider.good)).reference
    parts = [
        a_refund(IDS, payment, reference, amount=amount, now=provider.clock.now())
        for amount in (1500, 499, 1)
    ]
    answers = [await provider.gateway.refund(part) for part in parts]
    assert [answer.outcome for answer in answers] == [
        Outcome.SUCCEEDED,
        Outcome.SUCCEEDED,
        Outcome.DECLINED,
    ]
    assert answers[0].amount == Money(1500, "EUR")
    assert answers[0].reference != answers[1].reference
    assert answers[2].failure


async def test_repeated_refund_request_refunds_the_money_only_once(provider: Provider) -> None:
    payment = payment_at(provider)
    reference = (await provider.gateway.pay(payment, provider.good)).reference
    refund = a_refund(IDS, payment, reference, amount=1999, now=provider.clock.now())
    first = await provider.gateway.refund(refund)
    assert await provider.gateway.refund(refund) == first
    assert await provider.gateway.find_refund(refund) == first


async def test_query_of_a_refund_before_its_request_returns_the_outcome_unknown(
    provider: Provider,
) -> None:
    payment = payment_at(provider)
    reference = (await provider.gateway.pay(payment, provider.good)).reference
    refund = a_refund(IDS, payment, reference, amount=1999, now=provider.clock.now())
    assert (await provider.gateway.find_refund(refund)).outcome is Outcome.UNKNOWN


async def test_uncaptured_payment_cannot_be_refunded(provider: Provider) -> None:
    payment = payment_at(provider)
    reference = (await provider.gateway.pay(payment, provider.declined)).reference
    for known in (reference, "nobody_s"):
        refund = a_refund(IDS, payment, known, amount=1999, now=provider.clock.now())
        assert (await provider.gateway.refund(refund)).outcome is Outcome.DECLINED


async def test_every_call_to_an_unreachable_provider_raises_provider_unavailable(
    provider: Provider,
) -> None:
    payment = payment_at(provider)
    refund = a_refund(IDS, payment, "a_reference", amount=1, now=provider.clock.now())
    with pytest.raises(ProviderUnavailable):
        await provider.away.pay(payment, provider.good)
    with pytest.raises(ProviderUnavailable):
        await provider.away.find_payment(payment)
    with pytest.raises(ProviderUnavailable):
        await provider.away.renew(payment)
    with pytest.raises(ProviderUnavailable):
        await provider.away.refund(refund)
    with pytest.raises(ProviderUnavailable):
        await provider.away.find_refund(refund)


def manual_payment_at(provider: Provider) -> PaymentRequest:
    return replace(payment_at(provider), capture_method=CaptureMethod.MANUAL)


async def test_payment_with_manual_capture_is_authorized_and_then_partly_captured(provider: Provider) -> None:
    payment = manual_payment_at(provider)
    authorized = await provider.gateway.pay(payment, provider.good)
    assert (authorized.outcome, authorized.amount) == (Outcome.AUTHORIZED, None)
    assert authorized.reference
    assert authorized.authorized_until is not None
    assert await provider.gateway.find_payment(payment) == authorized
    captured = await provider.gateway.capture(payment, Money(1500, "EUR"))
    assert (captured.outcome, captured.amount) == (Outcome.SUCCEEDED, Money(1500, "EUR"))
    assert captured.reference == authorized.reference
    assert await provider.gateway.capture(payment, Money(1500, "EUR")) == captured
    assert await provider.gateway.find_payment(payment) == captured
    assert await provider.gateway.void(payment) == captured


async def test_voided_payment_is_not_captured(provider: Provider) -> None:
    payment = manual_payment_at(provider)
    await provider.gateway.pay(payment, provider.good)
    voided = await provider.gateway.void(payment)
    assert (voided.outcome, voided.failure) == (Outcome.VOIDED, None)
    assert await provider.gateway.void(payment) == voided
    assert await provider.gateway.capture(payment, payment.amount) == voided
    assert await provider.gateway.find_payment(payment) == voided
    refund = a_refund(IDS, payment, voided.reference, amount=1, now=provider.clock.now())
    assert (await provider.gateway.refund(refund)).outcome is Outcome.DECLINED


async def test_all_concurrent_captures_and_voids_report_the_same_final_outcome(provider: Provider) -> None:
    payment = manual_payment_at(provider)
    await provider.gateway.pay(payment, provider.good)
    answers = await asyncio.gather(
        *(provider.gateway.capture(payment, payment.amount) for _ in range(3)),
        *(provider.gateway.void(payment) for _ in range(3)),
        return_exceptions=True,
    )
    outcomes = {answer.outcome for answer in answers if not isinstance(answer, BaseException)}
    found = await provider.gateway.find_payment(payment)
    assert found.outcome in {Outcome.SUCCEEDED, Outcome.VOIDED}
    assert outcomes == {found.outcome}


async def test_renewal_leaves_a_nonrenewable_or_captured_payment_unchanged(
    provider: Provider,
) -> None:
    payment = manual_payment_at(provider)
    authorized = await provider.gateway.pay(payment, provider.good)
    assert await provider.gateway.renew(payment) == authorized
    captured = await provider.gateway.capture(payment, payment.amount)
    assert await provider.gateway.renew(payment) == captured


async def test_renewal_of_a_voided_or_unknown_payment_has_no_effect(provider: Provider) -> None:
    payment = manual_payment_at(provider)
    assert (await provider.gateway.renew(payment)).outcome is Outcome.UNKNOWN
    await provider.gateway.pay(payment, provider.good)
    voided = await provider.gateway.void(payment)
    assert await provider.gateway.renew(payment) == voided


async def test_void_of_a_nonexistent_payment_reports_the_outcome_unknown_or_voided(
    provider: Provider,
) -> None:
    assert (await provider.gateway.void(payment_at(provider))).outcome in {Outcome.UNKNOWN, Outcome.VOIDED}
