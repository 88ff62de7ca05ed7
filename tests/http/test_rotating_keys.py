"""If a running process rotates the signing keys, no session ends."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet

from application.signing.ports import SigningKey
from application.signing.reload_keys import PAUSE
from application.signing.rotate_key import NOTICE
from tests.kit.actors import SOMEBODY
from tests.kit.ports import FixedClock
from tests.kit.store import Store, memory_store
from tests.kit.web import PASSWORD, WebShop, container_over, web_shop

ANN = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
LIFETIME = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Processes:
    """Two processes on one store. The process `rotating` rotates the signing keys."""

    clock: FixedClock
    store: Store
    rotating: WebShop
    other: WebShop


@pytest.fixture
async def processes() -> AsyncIterator[Processes]:
    clock, store = FixedClock(), memory_store()
    async with AsyncExitStack() as stack:
        webs = []
        for _ in range(2):
            container = container_over(store)
            container.clock.override(clock)
            webs.append(await stack.enter_async_context(web_shop(container)))
        await webs[0].anonymous.post("/v1/users", json=ANN)
        yield Processes(clock, store, *webs)


async def log_in(web: WebShop) -> str:
    response = await web.anonymous.post("/token", data={"username": "ann@example.com", "password": PASSWORD})
    token: str = response.json()["access_token"]
    return token


async def status_of_me(web: WebShop, token: str) -> int:
    return (await web.anonymous.get("/v1/me", headers={"Authorization": f"Bearer {token}"})).status_code


async def key_set(web: WebShop) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = (await web.anonymous.get("/.well-known/jwks.json")).json()["keys"]
    return keys


async def test_joserfc_verifies_access_tokens_with_fetched_public_keys(
    processes: Processes,
) -> None:
    token = await log_in(processes.rotating)
    keys = KeySet.import_key_set({"keys": await key_set(processes.other)})
    # The library warns about the name EdDSA, but EdDSA is the only name that all libraries support.
    with pytest.warns(SecurityWarning, match="RFC 9864"):
        read = jwt.decode(token, keys, algorithms=["EdDSA"])
    rules = jwt.JWTClaimsRegistry(
        now=lambda: int(processes.clock.now().timestamp()),
        iss={"essential": True, "value": "http://127.0.0.1:8000"},
        aud={"essential": True, "value": "steelyard"},
    )
    rules.validate(read.claims)
    assert read.header["typ"] == "at+jwt"


async def test_access_tokens_are_valid_in_every_process_after_signing_key_rotation(
    processes: Processes,
) -> None:
    rotating, other, clock = processes.rotating, processes.other, processes.clock
    before = await log_in(other)
    key = await rotating.container.signing.rotate_key()(actor=SOMEBODY)
    await rotating.container.signing.reload_keys()()
    assert len(await key_set(rotating)) == 2

    clock.advance(NOTICE)
    late, after = await log_in(other), await log_in(rotating)
    for web in (rotating, other):
        assert [await status_of_me(web, token) for token in (before, late, after)] == [200, 200, 200]
    assert key.kid in {jwk["kid"] for jwk in await key_set(other)}, "the unknown key was looked for"

    clock.advance(LIFETIME - MINUTE)
    assert await status_of_me(rotating, late) == 200
    clock.advance(3 * MINUTE)
    assert [jwk["kid"] for jwk in await key_set(rotating)] == [key.kid]
    assert await status_of_me(other, await log_in(rotating)) == 200


async def test_access_token_signed_with_a_distrusted_key_is_rejected_in_every_process(
    processes: Processes,
) -> None:
    before = await log_in(processes.rotating)
    await processes.rotating.container.signing.rotate_key()(distrust_former=True, actor=SOMEBODY)
    await processes.rotating.container.signing.reload_keys()()
    assert await status_of_me(processes.rotating, before) == 401
    after = await log_in(processes.rotating)
    assert await status_of_me(processes.other, after) == 200
    assert await status_of_me(processes.other, before) == 401


async def test_repeated_access_tokens_with_an_unknown_key_id_cause_only_one_query(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    all_keys = processes.store.signing_keys.all

    async def counted() -> Sequence[SigningKey]:
        nonlocal looks
        looks += 1
        return await all_keys()

    monkeypatch.setattr(processes.store.signing_keys, "all", counted)
    token = await log_in(processes.other)
    header, rest = token.split(".", 1)
    foreign = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6ImZvcmVpZ24ifQ"
    assert header != foreign
    for _ in range(5):
        assert await status_of_me(processes.other, f"{foreign}.{rest}") == 401
    assert looks == 1
    processes.clock.advance(PAUSE)
    assert await status_of_me(processes.other, f"{foreign}.{rest}") == 401
    assert looks == 2
