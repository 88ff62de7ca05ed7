"""A gateway to the fake Stripe, whose requests and responses a test can change."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from adapters.payments.stripe.client import create_client
from adapters.payments.stripe.gateway import StripeGateway
from adapters.system import UuidV7Factory
from application.payments.provider_ports import (
    PaymentRequest,
)
from tests.kit.payments import a_payment
from tests.kit.ports import FixedClock

API_KEY = "sk_test_canary"
VISA, ASKS_ITS_OWNER, REFUSING_ACCOUNT = "4242424242424242", "4000002500003155", "DE62370400440532013001"

Intercept = Callable[[httpx2.Request, httpx2.AsyncBaseTransport], Awaitable[httpx2.Response]]


class Stripe:
    """A gateway to the fake Stripe.

    Requests are recorded, and `intercept` can replace their responses.
    """

    def __init__(self, api_base: str) -> None:
        self.api_base = api_base
        self.sent: list[str] = []
        self.intercept: Intercept | None = None
        self.clock = FixedClock()
        self.ids = UuidV7Factory()  # each test needs other ids, because tests share the fake server
        self._network = httpx2.AsyncHTTPTransport()
        self.http_client = httpx2.AsyncClient(transport=_Wire(self._carry))
        self.gateway = StripeGateway(create_client(API_KEY, self.http_client, api_base=api_base), self.clock)

    def payment(self, **fields: Any) -> PaymentRequest:
        return a_payment(self.ids, now=self.clock.now(), **fields)

    async def card(self, number: str) -> str:
        card = {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        return await self._payment_method({"type": "card", "card": card})

    async def account(self, iban: str) -> str:
        owner = {"name": "Ann", "email": "ann@example.com"}
        return await self._payment_method(
            {"type": "sepa_debit", "sepa_debit": {"iban": iban}, "billing_details": owner}
        )

    def count(self, what: str) -> int:
        return sum(what in sent for sent in self.sent)

    async def close(self) -> None:
        await self.http_client.aclose()
        await self._network.aclose()

    async def _payment_method(self, fields: dict[str, Any]) -> str:
        response = await self.http_client.post(
            f"{self.api_base}/v1/payment_methods", json=fields, headers={"Authorization": f"Bearer {API_KEY}"}
        )
        return str(response.json()["id"])

    async def _carry(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(f"{request.method} {request.url.path}")
        if self.intercept:
            return await self.intercept(request, self._network)
        return await self._network.handle_async_request(request)


class _Wire(httpx2.AsyncBaseTransport):
    def __init__(self, carry: Callable[[httpx2.Request], Awaitable[httpx2.Response]]) -> None:
        self._carry = carry

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._carry(request)


def losing(answer_to: str) -> Intercept:
    """Return an interceptor that sends the request, but does not return the response."""

    async def lose(request: httpx2.Request, network: httpx2.AsyncBaseTransport) -> httpx2.Response:
        response = await network.handle_async_request(request)
        if request.method == "POST" and request.url.path.endswith(answer_to):
            await response.aread()
            raise httpx2.ReadTimeout("lost")
        return response

    return lose


def answering(status: int, body: str) -> Intercept:
    async def answer(_request: httpx2.Request, _network: httpx2.AsyncBaseTransport) -> httpx2.Response:
        return httpx2.Response(status, text=body)

    return answer
