"""Signatures equal those of the reference library and of the library's test vector."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from adapters.standard_webhooks import BadSignature, StandardWebhooks, parse_secrets

OLD, NEW, FOREIGN = b"old" * 8, b"new" * 8, b"bad" * 8
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
BODY = '{"total":"19,99 €"}'


def test_example_of_the_webhook_specification_is_signed_and_verified() -> None:
    webhooks = StandardWebhooks(parse_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = webhooks.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', at=at)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert webhooks.verify(headers, b'{"test": 2432232314}', now=at) == "msg_p5jXN8AQM9LWM0D4loKWxJek"


@given(st.text(), st.from_regex(r"[A-Za-z0-9_.-]{1,40}", fullmatch=True))
def test_signature_of_the_service_is_accepted_by_the_webhook_reference_library(
    body: str, message_id: str
) -> None:
    headers = StandardWebhooks([NEW, OLD]).sign(message_id, body, at=datetime.now(UTC))
    for secret in (NEW, OLD):
        Webhook(secret).verify(body, headers, json_parse=False)


@given(st.text())
def test_signature_of_the_webhook_reference_library_is_accepted_by_the_service(body: str) -> None:
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": Webhook(OLD).sign("msg_1", NOW, body),
    }
    assert StandardWebhooks([NEW, OLD]).verify(headers, body.encode(), now=NOW) == "msg_1"


def test_webhook_signature_is_valid_if_sender_and_receiver_have_a_common_secret() -> None:
    before, during, after = StandardWebhooks([OLD]), StandardWebhooks([NEW, OLD]), StandardWebhooks([NEW])
    for sender, receiver in ((before, during), (during, before), (during, after), (after, during)):
        assert receiver.verify(sender.sign("msg_1", BODY, at=NOW), BODY.encode(), now=NOW) == "msg_1"
    with pytest.raises(BadSignature):
        after.verify(before.sign("msg_1", BODY, at=NOW), BODY.encode(), now=NOW)


@pytest.mark.parametrize("late", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_webhook_timestamp_more_than_five_minutes_from_the_current_time_is_rejected(late: timedelta) -> None:
    webhooks = StandardWebhooks([NEW])
    headers = webhooks.sign("msg_1", BODY, at=NOW)
    assert webhooks.verify(headers, BODY.encode(), now=NOW + late)
    with pytest.raises(BadSignature):
        webhooks.verify(headers, BODY.encode(), now=NOW + late * 1.001)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "9" * 11},
        {"webhook-timestamp": "9" * 400},
        {"webhook-timestamp": "\u0661\u0667\u0666\u0667\u0666\u0660\u0661\u0660\u0660\u0660"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,===="},
        {"webhook-signature": "v1,\u00fc v1,\u2603"},
        {"webhook-signature": "v2," + "A" * 44},
        {"webhook-signature": StandardWebhooks([FOREIGN]).sign("msg_1", BODY, at=NOW)["webhook-signature"]},
    ],
)
def test_webhook_with_a_changed_header_is_rejected(changed: dict[str, str]) -> None:
    webhooks = StandardWebhooks([NEW])
    with pytest.raises(BadSignature):
        webhooks.verify({**webhooks.sign("msg_1", BODY, at=NOW), **changed}, BODY.encode(), now=NOW)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_webhook_without_a_signature_header_is_rejected(missing: str) -> None:
    webhooks = StandardWebhooks([NEW])
    headers = webhooks.sign("msg_1", BODY, at=NOW)
    del headers[missing]
    with pytest.raises(BadSignature):
        webhooks.verify(headers, BODY.encode(), now=NOW)


@pytest.mark.parametrize("body", [BODY.encode() + b" ", BODY.encode()[:-1], b"", b"\xff\xfe"])
def test_webhook_with_a_changed_body_is_rejected(body: bytes) -> None:
    webhooks = StandardWebhooks([NEW])
    with pytest.raises(BadSignature):
        webhooks.verify(webhooks.sign("msg_1", BODY, at=NOW), body, now=NOW)


def test_webhook_is_accepted_if_at_least_one_signature_matches() -> None:
    webhooks = StandardWebhooks([NEW])
    headers = webhooks.sign("msg_1", BODY, at=NOW)
    headers["webhook-signature"] = f"v1a,abc nonsense {headers['webhook-signature']} v1,later"
    assert webhooks.verify(headers, BODY.encode(), now=NOW) == "msg_1"


def test_setting_that_contains_two_webhook_secrets_is_parsed() -> None:
    words = [f"whsec_{b64encode(secret).decode()}" for secret in (NEW, OLD)]
    assert parse_secrets(" ".join(words)) == [NEW, OLD]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "whsec_",
        "whsec_c2hvcnQ=",
        "whsec_!!!!",
        b64encode(NEW).decode(),
        f"whsec_{b64encode(bytes(65)).decode()}",
        f"whsec_{b64encode(NEW).decode()},whsec_{b64encode(OLD).decode()}",
    ],
)
def test_error_for_an_invalid_webhook_secret_hides_the_secret(text: str) -> None:
    with pytest.raises(ValueError, match="secret") as refusal:
        parse_secrets(text)
    assert len(text) < 8 or text not in str(refusal.value)


def test_at_most_ten_webhook_signatures_are_compared() -> None:
    webhooks = StandardWebhooks([NEW])
    headers = webhooks.sign("msg_1", BODY, at=NOW)
    for others, is_compared in ((9, True), (10, False), (20_000, False)):
        signatures = " ".join(["v1,other"] * others + [headers["webhook-signature"]])
        sent = {**headers, "webhook-signature": signatures}
        if is_compared:
            assert webhooks.verify(sent, BODY.encode(), now=NOW) == "msg_1"
        else:
            with pytest.raises(BadSignature):
                webhooks.verify(sent, BODY.encode(), now=NOW)
