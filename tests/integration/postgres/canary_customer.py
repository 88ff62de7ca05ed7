"""A customer who sends a known text in each text field of each request."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.kit.mailbox import Mailbox
from tests.kit.web import WebShop, key, order_body

CANARY = "Canary-7f3a"
CHOSEN_ID = "Chosen-9e1b"
EMAIL = f"{CANARY}@example.com"
PASSWORD = f"{CANARY} password"
NEW_PASSWORD = f"{CANARY} new password"
PRICE = {"amount": 1999, "currency": "EUR"}
ADDRESS = {
    **dict.fromkeys(("name", "line1", "line2", "city", "region", "postal_code"), CANARY),
    "country": "IE",
}
DETAILS = {"shipping_address": ADDRESS, "note": CANARY, "metadata": {CANARY: CANARY}}
SIGN_UP = {"email": EMAIL, "password": PASSWORD, "password_confirm": PASSWORD, "full_name": CANARY}


@dataclass(slots=True)
class Customer:
    """A customer who sends the canary in each text of each request."""

    web: WebShop
    box: Mailbox
    headers: dict[str, str] = field(default_factory=dict)
    messages_read: int = 0

    async def post(self, path: str, body: Any = None, *, chosen_key: str | None = None) -> httpx2.Response:
        headers = {**self.headers, **key(f"{CHOSEN_ID}-{chosen_key}")} if chosen_key else self.headers
        return await self.web.anonymous.post(path, json=body, headers=headers)

    async def mailed_token(self) -> str:
        """Return the token of the next message. The service may already be sending this message."""
        async with asyncio.timeout(30):
            while len(self.box.messages) == self.messages_read:
                await self.web.container.mail.deliver_mail()()
                await asyncio.sleep(0.01)
        self.messages_read += 1
        return self.box.token()

    async def open_account(self) -> None:
        await self.post("/v1/users", SIGN_UP, chosen_key="sign-up")
        token = await self.mailed_token()
        await self.post("/v1/users/verify-email", {"token": CANARY})
        verified = await self.post("/v1/users/verify-email", {"token": token}, chosen_key="verify")
        assert verified.status_code == 204
        await self.log_in(PASSWORD)

    async def log_in(self, password: str) -> None:
        form = {"username": EMAIL, "password": password, "scope": CANARY}
        response = await self.web.anonymous.post("/token", data=form, headers={"User-Agent": CANARY})
        assert response.status_code == 200, response.text
        self.headers = {
            "Authorization": f"Bearer {response.json()['access_token']}",
            "User-Agent": CANARY,
            "X-Request-Id": CHOSEN_ID,
        }

    async def guess(self) -> None:
        """Send wrong credentials and tokens."""
        for username in (EMAIL, f"{EMAIL}.mistyped"):
            await self.web.anonymous.post("/token", data={"username": username, "password": CANARY})
        await self.web.anonymous.post("/token", data={"grant_type": "refresh_token", "refresh_token": CANARY})
        client = {"grant_type": "client_credentials", "client_id": CANARY, "client_secret": CANARY}
        await self.web.anonymous.post("/token", data=client)
        await self.web.anonymous.post("/oauth/revoke", data={"token": CANARY, "token_type_hint": CANARY})

    async def change_account(self) -> None:
        version = (await self.web.anonymous.get("/v1/me", headers=self.headers)).headers["ETag"]
        patch = {**self.headers, "If-Match": version, "Content-Type": "application/merge-patch+json"}
        renamed = await self.web.anonymous.patch("/v1/me", json={"full_name": f"{CANARY} B"}, headers=patch)
        assert renamed.status_code == 200, renamed.text
        body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        changed = await self.post(
            "/v1/me/password", {**body, "new_password_confirm": NEW_PASSWORD}, chosen_key="password"
        )
        assert changed.status_code == 204, changed.text
        await self.post("/v1/password-resets", {"email": EMAIL}, chosen_key="reset")
        body = {"token": await self.mailed_token(), "password": PASSWORD, "password_confirm": PASSWORD}
        await self.post("/v1/password-resets/confirm", {**body, "token": CANARY})
        reset = await self.post("/v1/password-resets/confirm", body, chosen_key="confirm")
        assert reset.status_code == 204, reset.text
        await self.log_in(PASSWORD)

    async def place(self, product: Any, name: str) -> str:
        body = order_body((product, 1), **DETAILS)
        assert (await self.post("/v1/orders/preview", body)).status_code == 200
        placed = await self.post("/v1/orders", body, chosen_key=name)
        assert placed.status_code == 201, placed.text
        return placed.headers["Location"]

    async def change(self, order: str) -> None:
        """Change the order's details, then change the details back to the canaries.

        Only the first request has an idempotency key.
        """
        for name, details in (("change", {"note": f"{CANARY} B"}), (None, DETAILS)):
            version = (await self.web.anonymous.get(order, headers=self.headers)).headers["ETag"]
            headers = {
                **self.headers,
                "If-Match": version,
                **(key(f"{CHOSEN_ID}-{name}-{order[-12:]}") if name else {}),
            }
            changed = await self.web.anonymous.patch(order, json=details, headers=headers)
            assert changed.status_code == 200, changed.text

    async def pay(self, order: str, token: str) -> httpx2.Response:
        body = {"amount": PRICE, "method": "sandbox", "token": token}
        return await self.post(f"{order}/payments", body, chosen_key=f"pay-{order[-12:]}")

    async def leave_requests_open(self) -> None:
        """Send requests that leave data in tokens, in the mail queue and in sign-ups."""
        await self.post("/v1/password-resets", {"email": EMAIL}, chosen_key="open-reset")
        await self.mailed_token()
        self.box.broken.add(EMAIL.lower())  # the service sends mail in the background, too
        await self.post("/v1/password-resets", {"email": EMAIL}, chosen_key="queued-reset")
        change = {"email": f"new-{EMAIL}", "current_password": PASSWORD}
        requested = await self.post("/v1/me/email", change, chosen_key="email")
        assert requested.status_code == 202, requested.text
        await self.post("/v1/users", SIGN_UP, chosen_key="second-sign-up")
