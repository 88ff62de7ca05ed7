"""A signing key, a token service that uses this key, and a factory of tokens that uses this key too."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.security.keys import generate_signing_key
from adapters.security.tokens import Ed25519AccessTokens
from application.signing.ports import AccessClaims, SigningKey
from application.users.principal import UserPrincipal
from domain.shared.ids import SessionId, UserId
from domain.users.permissions import Role
from tests.unit.security.token_factory import TokenFactory


@pytest.fixture(scope="session")
def now() -> datetime:
    return datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def claims() -> AccessClaims:
    return AccessClaims(
        bearer=UserPrincipal(
            UserId(UUID("0192f0c4-0000-7000-8000-000000000001")),
            Role.CUSTOMER,
            SessionId(UUID("0192f0c4-0000-7000-8000-000000000002")),
        ),
        client_id="first-party",
        token_id=UUID("0192f0c4-0000-7000-8000-000000000003"),
        scope=("orders:read", "orders:write"),
    )


@pytest.fixture(scope="session")
def key(now: datetime) -> SigningKey:
    return generate_signing_key(now)


@pytest.fixture
def tokens(key: SigningKey) -> Ed25519AccessTokens:
    tokens = Ed25519AccessTokens(
        issuer="https://shop.example", audience="steelyard", leeway=timedelta(seconds=30)
    )
    tokens.use([key])
    return tokens


@pytest.fixture(scope="session")
def token_factory(key: SigningKey, now: datetime) -> TokenFactory:
    return TokenFactory(
        key,
        {
            "iss": "https://shop.example",
            "aud": "steelyard",
            "sub": "0192f0c4-0000-7000-8000-000000000001",
            "client_id": "first-party",
            "scope": "orders:read orders:write",
            "role": "customer",
            "sid": "0192f0c4-0000-7000-8000-000000000002",
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + 600,
            "jti": "0192f0c4-0000-7000-8000-000000000003",
        },
    )
