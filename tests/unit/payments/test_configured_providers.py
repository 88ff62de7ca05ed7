from domain.payments.payment import PaymentMethod
from tests.kit.store import memory_store
from tests.kit.web import container_over


def test_each_configured_payment_provider_has_a_gateway_and_a_webhook_parser() -> None:
    container = container_over(
        memory_store(),
        payment_provider="stripe",
        further_payment_providers="sandbox,stripe",
        stripe_api_key="sk_test",
        stripe_webhook_secret="whsec_test",
    )
    container.payments.gateways.reset_override()
    both = {PaymentMethod.SANDBOX, PaymentMethod.STRIPE}
    assert set(container.payments.gateways()) == set(container.payments.webhook_parsers()) == both


def test_only_the_sandbox_provider_is_loaded_by_default() -> None:
    container = container_over(memory_store())
    container.payments.gateways.reset_override()
    assert set(container.payments.gateways()) == {PaymentMethod.SANDBOX}
