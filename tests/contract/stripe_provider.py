from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from adapters.payments.stripe.client import create_client
from adapters.payments.stripe.gateway import StripeGateway
from tests.contract.payment_providers import Provider
from tests.kit.ports import FixedClock

API_KEY = "sk_test_canary"
NOBODY = "http://127.0.0.1:1"


@asynccontextmanager
async def stripe_provider(api_base: str) -> AsyncIterator[Provider]:
    async with httpx2.AsyncClient() as http_client:
        clock = FixedClock()
        yield Provider(
            gateway=StripeGateway(create_client(API_KEY, http_client, api_base=api_base), clock),
            away=StripeGateway(create_client(API_KEY, http_client, api_base=NOBODY), clock),
            clock=clock,
            good="pm_card_visa",
            declined="pm_card_chargeCustomerFail",
            decline_code="card_declined",
        )
