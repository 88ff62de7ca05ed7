"""What a token of our own key must say, and when, before it opens anything; and how it is refused (RFC 6750, section 3)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest

from tests.http.hostile.conftest import Watched
from tests.kit.clock import FixedClock
from tests.kit.web import WebShop, container_over, web_shop

CLAIMS = ("iss", "aud", "sub", "client_id", "scope", "role", "sid", "iat", "exp", "jti")
MOST_SKEW = 30


@dataclass(frozen=True, slots=True)
class Mint:
    """Signs whatever it is asked to, with the service's own key."""

    web: WebShop
    clock: FixedClock
    private: bytes
    header: dict[str, Any]
    claims: dict[str, Any]

    async def status(self, header: dict[str, Any] | None = None, **changed: Any) -> tuple[int, str]:
        """Show a token with some claims changed, or left out where None, and return what it opened."""
        said = {name: value for name, value in {**self.claims, **changed}.items() if value is not None}
        token = jwt.encode(said, self.private, algorithm="EdDSA", headers={**self.header, **(header or {})})
        response = await self.web.visitor.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        if response.status_code != 401:
            return response.status_code, ""
        challenge = response.headers["WWW-Authenticate"]
        assert challenge.startswith('Bearer realm="steelyard", error="invalid_token"')
        assert token not in challenge + response.text
        code: str = response.json()["code"]
        return 401, code


@pytest.fixture
async def mint(watched: Watched) -> AsyncIterator[Mint]:
    clock = FixedClock()
    container = container_over(watched.store)
    container.clock.override(clock)
    async with web_shop(container) as web:
        ann = await web.customer()
        token = ann.headers["Authorization"].removeprefix("Bearer ")
        [key] = await watched.store.signing_keys.all()
        claims = jwt.decode(token, options={"verify_signature": False})
        yield Mint(web, clock, key.private_pem, jwt.get_unverified_header(token), claims)


async def test_a_token_that_says_all_that_is_asked_for_is_believed(mint: Mint) -> None:
    assert set(CLAIMS) == set(mint.claims)
    assert await mint.status() == (200, "")


@pytest.mark.parametrize("claim", CLAIMS)
async def test_every_claim_is_required(mint: Mint, claim: str) -> None:
    assert await mint.status(**{claim: None}) == (401, "invalid_token")


@pytest.mark.parametrize("kid", ["foreign", "", "../../etc/passwd", "' OR 1=1 --"])
async def test_another_kid_is_refused(mint: Mint, kid: str) -> None:
    assert await mint.status({"kid": kid}) == (401, "invalid_token")


@pytest.mark.parametrize("kind", ["JWT", "jwt", "id+jwt", "logout+jwt", "application/jwt", "", None])
async def test_a_token_of_another_kind_is_refused(mint: Mint, kind: str | None) -> None:
    assert await mint.status({"typ": kind}) == (401, "invalid_token")


@pytest.mark.parametrize(("seconds", "opens"), [(MOST_SKEW - 1, 200), (MOST_SKEW, 401), (MOST_SKEW + 1, 401)])
async def test_an_expired_token_is_believed_for_as_long_as_clocks_may_differ(
    mint: Mint, seconds: int, opens: int
) -> None:
    mint.clock.advance(timedelta(seconds=mint.claims["exp"] - mint.claims["iat"] + seconds))
    assert await mint.status() == (opens, "token_expired" if opens == 401 else "")


@pytest.mark.parametrize(("seconds", "opens"), [(MOST_SKEW, 200), (MOST_SKEW + 1, 401)])
async def test_a_token_from_the_future_is_believed_as_far_as_clocks_may_differ(
    mint: Mint, seconds: int, opens: int
) -> None:
    later = mint.claims["iat"] + seconds
    assert await mint.status(iat=later, exp=later + 600) == (opens, "invalid_token" if opens == 401 else "")
    assert await mint.status(nbf=later) == (opens, "invalid_token" if opens == 401 else "")
