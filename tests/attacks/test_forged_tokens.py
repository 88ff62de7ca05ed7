"""The service accepts only tokens that it has issued for itself, and that are currently valid."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from adapters.security.keys import generate_signing_key
from tests.attacks.conftest import ChangeDetector
from tests.kit.openapi import operations
from tests.kit.samples import SampleShop
from tests.kit.web import WebShop

FORGERIES = [
    "another key",
    "another key under our kid",
    "typ JWT",
    "no typ",
    "alg none",
    "alg none without a signature",
    "HS256 with our public key",
    "expired",
    "not valid yet",
    "another issuer",
    "another audience",
    "no expiry",
    "no subject",
    "a subject that is no id",
    "a role that there is not",
    "another role in the payload",
    "a critical extension",
    "not a token",
    "empty",
    "another scheme",
    "twice",
]


@pytest.fixture
async def forged(web: WebShop, detector: ChangeDetector, sample_shop: SampleShop) -> dict[str, str]:
    """Authorization headers that must be rejected."""
    [ours, *_] = await detector.store.signing_keys.all()
    token = sample_shop.authorization["Authorization"].removeprefix("Bearer ")
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    private = ours.private_pem
    public = load_pem_private_key(private, None).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    other = generate_signing_key(datetime.now(UTC))
    now = int(datetime.now(UTC).timestamp())
    header = {"typ": "at+jwt", "kid": ours.kid}
    head, body, signature = token.split(".")

    def signed(key: bytes = private, head: dict[str, Any] = header, **changed: Any) -> str:
        said = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return jwt.encode(said, key, algorithm="EdDSA", headers=head)

    none = _part({"alg": "none", **header})
    tokens = {
        "another key": signed(other.private_pem, {**header, "kid": other.kid}),
        "another key under our kid": signed(other.private_pem),
        "typ JWT": signed(head={**header, "typ": "JWT"}),
        "no typ": signed(head={**header, "typ": None}),
        "alg none": f"{none}.{body}.{signature}",
        "alg none without a signature": f"{none}.{body}.",
        "HS256 with our public key": jwt.encode(claims, public, algorithm="HS256", headers=header),
        "expired": signed(iat=now - 9000, exp=now - 1000),
        "not valid yet": signed(iat=now + 9000, nbf=now + 9000, exp=now + 9600),
        "another issuer": signed(iss="https://elsewhere.example"),
        "another audience": signed(aud="another service"),
        "no expiry": signed(exp=None),
        "no subject": signed(sub=None),
        "a subject that is no id": signed(sub="admin"),
        "a role that there is not": signed(role="owner"),
        "another role in the payload": f"{head}.{_part({**claims, 'role': 'admin', 'sub': claims['sid']})}.{signature}",
        "a critical extension": signed(head={**header, "crit": ["b64"], "b64": False}),
        "not a token": "not.a.token",
        "empty": "",
    }
    believed = signed()
    assert (await web.anonymous.get("/v1/me", headers=_bearer(believed))).is_success
    return {
        **{name: f"Bearer {token}" for name, token in tokens.items()},
        "another scheme": f"Basic {believed}",
        "twice": f"Bearer {believed}, Bearer {believed}",
    }


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_every_operation_rejects_forged_access_tokens(
    web: WebShop, detector: ChangeDetector, sample_shop: SampleShop, forged: dict[str, str], forgery: str
) -> None:
    for operation in operations():
        if operation.needs_token:
            sample = await sample_shop.sample(operation)
            detector.has_changed()
            response = await sample.send(web, Authorization=forged[forgery])
            assert response.status_code == 401, operation.id
            assert response.json()["code"] in {"invalid_token", "token_expired", "authentication_required"}
            assert response.headers["WWW-Authenticate"].startswith('Bearer realm="steelyard"')
            assert not detector.has_changed(), operation.id
            assert forged[forgery].removeprefix("Bearer ")[:40] not in response.text or forgery == "empty"


def test_list_of_forged_access_tokens_contains_every_kind_of_forgery(forged: dict[str, str]) -> None:
    assert set(forged) == set(FORGERIES)


async def test_anonymous_request_can_neither_read_nor_change_data(
    web: WebShop, detector: ChangeDetector, sample_shop: SampleShop
) -> None:
    for operation in operations():
        sample = await sample_shop.sample(operation)
        detector.has_changed()
        headers = {name: value for name, value in sample.headers.items() if name != "Authorization"}
        response = await web.anonymous.request(
            sample.method,
            sample.url,
            content=sample.content,
            headers={**headers, **({"Content-Type": sample.media_type} if sample.media_type else {})},
        )
        if operation.needs_token:
            assert (response.status_code, response.json()["code"]) == (401, "authentication_required")
            assert not detector.has_changed(), operation.id
        else:
            assert response.is_success, operation.id


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _part(said: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
