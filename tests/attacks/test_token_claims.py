"""A token without the required claims is rejected, even if the token is signed with the service's signing key.

RFC 6750, section 3 defines the errors.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import jwt
import pytest

from domain.users.permissions import Scope
from tests.attacks.conftest import ChangeDetector
from tests.kit.ports import FixedClock
from tests.kit.web import WebShop, container_over, web_shop

CLIENT_CLAIMS = ("iss", "aud", "sub", "client_id", "scope", "secret_id", "iat", "exp", "jti")
CLAIMS = ("iss", "aud", "sub", "client_id", "scope", "role", "sid", "iat", "exp", "jti")
MOST_SKEW = 30


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """Signs any claims with the service's own signing key, and sends requests with the signed tokens."""

    web: WebShop
    clock: FixedClock
    private: bytes
    header: dict[str, Any]
    claims: dict[str, Any]
    path: str

    async def status(self, header: dict[str, Any] | None = None, **changed: Any) -> tuple[int, str]:
        """Send a token with changed claims, and return the response.

        Claims with the value None are omitted.
        """
        said = {name: value for name, value in {**self.claims, **changed}.items() if value is not None}
        token = jwt.encode(said, self.private, algorithm="EdDSA", headers={**self.header, **(header or {})})
        response = await self.web.anonymous.get(self.path, headers={"Authorization": f"Bearer {token}"})
        if response.status_code != 401:
            return response.status_code, ""
        challenge = response.headers["WWW-Authenticate"]
        assert challenge.startswith('Bearer realm="steelyard", error="invalid_token"')
        assert token not in challenge + response.text
        code: str = response.json()["code"]
        return 401, code


async def signer_of(
    detector: ChangeDetector, bearer: Callable[[WebShop], Awaitable[httpx2.AsyncClient]], path: str
) -> AsyncIterator[TokenSigner]:
    clock = FixedClock()
    container = container_over(detector.store)
    container.clock.override(clock)
    async with web_shop(container) as web:
        token = (await bearer(web)).headers["Authorization"].removeprefix("Bearer ")
        [key] = await detector.store.signing_keys.all()
        claims = jwt.decode(token, options={"verify_signature": False})
        yield TokenSigner(web, clock, key.private_pem, jwt.get_unverified_header(token), claims, path)


@pytest.fixture
async def signer(detector: ChangeDetector) -> AsyncIterator[TokenSigner]:
    async for signer in signer_of(detector, WebShop.customer, "/v1/me"):
        yield signer


@pytest.fixture
async def client_signer(detector: ChangeDetector) -> AsyncIterator[TokenSigner]:
    """Yield a signer of tokens for a service client that may read orders."""

    async def client(web: WebShop) -> httpx2.AsyncClient:
        return await web.client(Scope.READ_ORDERS)

    async for signer in signer_of(detector, client, "/v1/orders"):
        yield signer


async def test_user_token_with_every_required_claim_is_accepted(signer: TokenSigner) -> None:
    assert set(CLAIMS) == set(signer.claims)
    assert await signer.status() == (200, "")


@pytest.mark.parametrize("claim", CLAIMS)
async def test_user_token_without_a_required_claim_is_rejected(signer: TokenSigner, claim: str) -> None:
    assert await signer.status(**{claim: None}) == (401, "invalid_token")


async def test_client_token_with_every_required_claim_is_accepted(client_signer: TokenSigner) -> None:
    assert set(CLIENT_CLAIMS) == set(client_signer.claims)
    assert await client_signer.status() == (200, "")


@pytest.mark.parametrize("claim", CLIENT_CLAIMS)
async def test_client_token_without_a_required_claim_is_rejected(
    client_signer: TokenSigner, claim: str
) -> None:
    assert await client_signer.status(**{claim: None}) == (401, "invalid_token")


async def test_client_token_with_a_user_subject_is_rejected(client_signer: TokenSigner) -> None:
    other = "0192f0c4-0000-7000-8000-000000000001"
    assert await client_signer.status(sub=other) == (401, "invalid_token")
    assert await client_signer.status(client_id="steelyard") == (401, "invalid_token")


@pytest.mark.parametrize("scope", ["orders:read no:such", "admin", "ORDERS:READ"])
async def test_unknown_scope_grants_no_permission(client_signer: TokenSigner, scope: str) -> None:
    assert await client_signer.status(scope=scope) == (401, "invalid_token")
    assert await client_signer.status(scope="") == (403, "")


async def test_role_in_a_client_token_is_ignored(client_signer: TokenSigner) -> None:
    assert await client_signer.status(role="admin", scope="events:read") == (403, "")


async def test_user_token_with_a_client_claim_is_rejected(signer: TokenSigner) -> None:
    secret_id = "0192f0c4-0000-7000-8000-000000000001"
    assert await signer.status(secret_id=secret_id) == (401, "invalid_token")


@pytest.mark.parametrize("kid", ["foreign", "", "../../etc/passwd", "' OR 1=1 --"])
async def test_request_with_an_unknown_key_id_in_its_access_token_returns_401(
    signer: TokenSigner, kid: str
) -> None:
    assert await signer.status({"kid": kid}) == (401, "invalid_token")


@pytest.mark.parametrize("kind", ["JWT", "jwt", "id+jwt", "logout+jwt", "application/jwt", "", None])
async def test_request_with_an_unexpected_typ_header_in_its_access_token_returns_401(
    signer: TokenSigner, kind: str | None
) -> None:
    assert await signer.status({"typ": kind}) == (401, "invalid_token")


@pytest.mark.parametrize(("seconds", "opens"), [(MOST_SKEW - 1, 200), (MOST_SKEW, 401), (MOST_SKEW + 1, 401)])
async def test_expired_access_token_is_accepted_only_within_the_leeway(
    signer: TokenSigner, seconds: int, opens: int
) -> None:
    signer.clock.advance(timedelta(seconds=signer.claims["exp"] - signer.claims["iat"] + seconds))
    assert await signer.status() == (opens, "token_expired" if opens == 401 else "")


@pytest.mark.parametrize(("seconds", "opens"), [(MOST_SKEW, 200), (MOST_SKEW + 1, 401)])
async def test_access_token_issued_in_the_future_is_accepted_only_within_the_leeway(
    signer: TokenSigner, seconds: int, opens: int
) -> None:
    later = signer.claims["iat"] + seconds
    assert await signer.status(iat=later, exp=later + 600) == (opens, "invalid_token" if opens == 401 else "")
    assert await signer.status(nbf=later) == (opens, "invalid_token" if opens == 401 else "")
