"""The grammar of e-mail addresses."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mail.mime import mime_of
from application.mail.message import Message
from domain.users.email_address import EmailAddress, InvalidEmailAddress
from entrypoints.email_addresses import known_email_address, parse_email_address, sought_email_address

NOT_ADDRESSES = [
    "",
    "ann",
    "@example.com",
    "ann@",
    "ann@localhost",
    "ann@example.com.",
    "Boss <b@example.com>",
    "<b@example.com>",
    '"a b"@example.com',
    "a@[127.0.0.1]",
    "a b@example.com",
    "a@exa mple.com",
    "a@b@example.com",
    "a,b@example.com",
    "a@closed.invalid",
    "=?utf-8?q?a?=@example.com",
    "=?utf-8?q?a=0d=0aBcc:x?=@example.com",
    "a@=?utf-8?q?b?=.com",
    "a\r\nBcc: b@example.com",
    "a@example.com\r\n",
    "a\x00@example.com",
    "a\u202e@example.com",
    "\ud800@example.com",
    "a@\ud800.com",
    f"{'a' * 65}@example.com",
    f"a@{'b' * 64}.com",
    f"a@{'b.' * 130}com",
    "a" * 100_000,
]


@pytest.mark.parametrize("text", NOT_ADDRESSES, ids=ascii)
def test_text_that_is_not_a_plain_email_address_is_rejected(text: str) -> None:
    with pytest.raises(InvalidEmailAddress):
        parse_email_address(text)


@pytest.mark.parametrize(
    ("text", "normalized", "typed"),
    [
        ("ann@example.com", "ann@example.com", "ann@example.com"),
        ("Ann.B+tag@Example.COM", "ann.b+tag@example.com", "Ann.B+tag@example.com"),
        ("jörg@münchen.de", "jörg@xn--mnchen-3ya.de", "jörg@xn--mnchen-3ya.de"),
        ("JO\u0308RG@MU\u0308NCHEN.de", "jörg@xn--mnchen-3ya.de", "JÖRG@xn--mnchen-3ya.de"),
        ("boss@xn--mnchen-3ya.de", "boss@xn--mnchen-3ya.de", "boss@xn--mnchen-3ya.de"),
        ("a@faß.de", "a@xn--fa-hia.de", "a@xn--fa-hia.de"),
    ],
)
def test_parsed_email_address_contains_the_normalized_form_and_the_form_as_typed(
    text: str, normalized: str, typed: str
) -> None:
    address = parse_email_address(text)
    assert (address.normalized, address.typed) == (normalized, typed)
    assert parse_email_address(normalized) == address


@pytest.mark.parametrize("other", ["Boss@MÜNCHEN.de", "boss@xn--mnchen-3ya.de", "BOSS@XN--MNCHEN-3YA.DE"])
def test_different_spellings_of_one_mailbox_are_parsed_as_equal_addresses(other: str) -> None:
    assert parse_email_address("boss@münchen.de") == parse_email_address(other)


@given(st.text(max_size=300))
def test_every_text_is_parsed_as_an_email_address_or_rejected(text: str) -> None:
    assert sought_email_address(text).normalized == sought_email_address(text).normalized
    try:
        address = parse_email_address(text)
    except InvalidEmailAddress:
        return
    assert parse_email_address(address.typed) == address


@given(st.emails())
def test_parsed_email_address_is_the_only_recipient_of_a_mail_message(text: str) -> None:
    try:
        address = parse_email_address(text)
    except InvalidEmailAddress:
        return
    mime = mime_of(Message(address, "Subject", "Text\n"), sender="Shop <shop@example.com>")
    assert [recipient.addr_spec for recipient in mime["To"].addresses] == [address.typed]


def test_email_address_that_only_a_former_release_accepted_is_still_recognized() -> None:
    assert known_email_address("a..b@example.com").normalized == "a..b@example.com"
    with pytest.raises(InvalidEmailAddress):
        known_email_address("a b@example.com")


@pytest.mark.parametrize(
    "stored", ["=?utf-8?q?a=0d=0aBcc:=20x?=@example.com", "boss <b@example.com>", "a\r\nbcc: b@example.com"]
)
def test_mail_to_a_stored_text_that_is_not_an_email_address_is_rejected(stored: str) -> None:
    message = Message(EmailAddress.stored(stored, None), "Subject", "Text\n")
    with pytest.raises(ValueError, match=r"address|linefeed"):
        mime_of(message, sender="shop@example.com")


@pytest.mark.parametrize("make", [sought_email_address, parse_email_address])
def test_overlong_email_address_is_rejected_before_normalization(
    make: Callable[[str], EmailAddress], monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = []

    def validate(text: str, **_options: object) -> None:
        lengths.append(len(text))
        raise ValueError

    monkeypatch.setattr("entrypoints.email_addresses.validate_email", validate)
    for text in ("a\u0301" * 100_000, "a" * 254):
        with suppress(InvalidEmailAddress):
            make(text)
    assert max(lengths) <= 254
