"""A copy of the database is not enough to sign access tokens or webhook messages."""

import re
from base64 import b64encode, urlsafe_b64decode
from collections.abc import AsyncIterator, Mapping

import asyncpg
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from adapters.security.secret_box import generate_key
from entrypoints.bootstrap.root import Container
from entrypoints.settings import Settings
from tests.kit.web import WebShop, key, web_shop
from tests.servers.databases import connected

QUERIES = (
    "SELECT private_pem FROM signing_keys",
    "SELECT secret FROM webhook_endpoints",
    "SELECT value FROM service_secrets",
    "SELECT former_secret FROM webhook_endpoints",
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with connected(database_url) as connection:
        yield connection


@pytest.fixture(params=[True, False], ids=["encrypted", "in clear"])
async def shop(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[WebShop]:
    settings = Settings(
        database_url=database_url,
        rate_limit_enabled=False,
        hashing_threads=1,
        secrets_key=generate_key() if request.param else None,
    )
    async with web_shop(Container(settings=settings)) as shop:
        yield shop


encrypted = pytest.mark.parametrize("shop", [True], indirect=True)


async def bearer(shop: WebShop) -> str:
    return (await shop.customer()).headers["Authorization"].removeprefix("Bearer ")


async def status_of(shop: WebShop, token: str) -> int:
    answer = await shop.anonymous.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


def signed(token: str, private_key: Ed25519PrivateKey | bytes) -> str:
    """Return a copy of the token that has equal claims, but is signed with another signing key."""
    headers: Mapping[str, str] = jwt.get_unverified_header(token)
    algorithm = "HS256" if isinstance(private_key, bytes) else "EdDSA"
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, private_key, algorithm, headers=dict(headers) | {"alg": algorithm})


@encrypted
async def test_every_stored_secret_is_encrypted(shop: WebShop, database: asyncpg.Connection) -> None:
    admin = await shop.admin()
    body = {"url": "https://hooks.example.com/x", "event_types": []}
    made = await admin.post("/v1/webhook-endpoints", json=body, headers=key("hook"))
    assert made.status_code == 201
    rolled = await admin.post(f"/v1/webhook-endpoints/{made.json()['id']}/roll-secret", json={})
    assert rolled.status_code == 200
    for query in QUERIES:
        values = [row[0] for row in await database.fetch(query)]
        assert values
        assert all(re.match(rb"sealed\.[0-9a-f]{16}\.", value) for value in values)
    stored = await database.fetchval(QUERIES[1])
    assert rolled.json()["secret"] != f"whsec_{b64encode(stored).decode()}"


@encrypted
async def test_access_token_signed_with_the_ciphertext_of_a_signing_key_is_rejected(
    shop: WebShop, database: asyncpg.Connection
) -> None:
    token = await bearer(shop)
    assert await status_of(shop, token) == 200
    for query in QUERIES:
        for row in await database.fetch(query):
            ciphertext = urlsafe_b64decode(row[0].rpartition(b".")[2])
            seeds = (ciphertext[:32], ciphertext[12:44], ciphertext[-32:])
            for forger in (row[0], ciphertext, *map(Ed25519PrivateKey.from_private_bytes, seeds)):
                assert await status_of(shop, signed(token, forger)) == 401


@pytest.mark.parametrize("shop", [False], indirect=True)
async def test_unencrypted_signing_key_in_the_database_signs_valid_access_tokens(
    shop: WebShop, database: asyncpg.Connection
) -> None:
    """Without STEELYARD_SECRETS_KEY the attack succeeds.

    The same attack fails in the test of encrypted signing keys.
    """
    stored = load_pem_private_key(await database.fetchval(QUERIES[0]), password=None)
    assert isinstance(stored, Ed25519PrivateKey)
    assert await status_of(shop, signed(await bearer(shop), stored)) == 200


@encrypted
async def test_encrypted_signing_key_copied_to_another_row_cannot_be_decrypted(
    shop: WebShop, database: asyncpg.Connection
) -> None:
    await database.execute("UPDATE signing_keys SET kid = 'another'")
    with pytest.raises(ValueError, match="cannot be decrypted"):
        await shop.container.signing.reload_keys()()
