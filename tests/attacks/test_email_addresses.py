"""Attacks with misleading e-mail addresses, and with several spellings of one address."""

import pytest

from tests.kit.mailbox import Mailbox
from tests.kit.web import PASSWORD, WebShop


def account(email: str) -> dict[str, str]:
    return {"email": email, "password": PASSWORD, "password_confirm": PASSWORD}


@pytest.mark.parametrize(
    "email",
    [
        "=?utf-8?q?a?=@example.com",
        "=?utf-8?q?a=0d=0aBcc:x?=@example.com",
        "Boss <b@example.com>",
        "a@example.com\r\nBcc: b@example.com",
        "victim@closed.invalid",
    ],
)
async def test_sign_up_with_injected_mail_headers_or_a_reserved_domain_is_rejected(
    web: WebShop, email: str
) -> None:
    response = await web.anonymous.post("/v1/users", json=account(email))
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == ["/email"]
    assert email not in response.text


async def test_internationalized_spellings_of_a_mailbox_belong_to_one_account(web: WebShop) -> None:
    spellings = ("Boss@münchen.de", "boss@xn--mnchen-3ya.de", "BOSS@MU\u0308NCHEN.DE")
    codes = [(await web.anonymous.post("/v1/users", json=account(email))).status_code for email in spellings]
    assert codes == [201, 409, 409]
    for email in spellings:
        form = {"username": email, "password": PASSWORD}
        assert (await web.anonymous.post("/token", data=form)).status_code == 200


async def test_owner_of_an_internationalized_email_address_gets_a_reset_mail(web: WebShop) -> None:
    await web.anonymous.post("/v1/users", json=account("jörg@münchen.de"))
    requested = await web.anonymous.post("/v1/password-resets", json={"email": "Jörg@xn--mnchen-3ya.de"})
    assert requested.status_code == 202
    await web.container.mail.deliver_mail()()
    mailbox = web.container.mail.mailer()
    assert isinstance(mailbox, Mailbox)
    assert [message.to.typed for message in mailbox.messages] == ["jörg@xn--mnchen-3ya.de"]
    admin = await web.admin()
    found = await admin.get("/v1/users", params={"email": "jörg@münchen.de"})
    assert [user["email"] for user in found.json()["items"]] == ["jörg@xn--mnchen-3ya.de"]
