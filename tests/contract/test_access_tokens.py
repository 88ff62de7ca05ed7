from datetime import timedelta
from uuid import UUID

import pytest

from adapters.security.keys import generate_signing_key
from adapters.security.tokens import Ed25519AccessTokens
from adapters.security.verified_tokens import RememberedAccessTokens
from application.signing.ports import AccessClaims, AccessTokens, InvalidToken, TokenExpired
from application.users.principal import ClientPrincipal, UserPrincipal
from domain.shared.ids import ClientId, SecretId, SessionId, UserId
from domain.users.permissions import Role, Scope
from tests.kit.examples import NOW
from tests.kit.tokens import NumberedTokens

CLAIMS = AccessClaims(
    bearer=UserPrincipal(UserId(UUID(int=1)), Role.STAFF, SessionId(UUID(int=2))),
    client_id="steelyard",
    token_id=UUID(int=3),
    scope=("orders", "catalogue"),
)

OF_CLIENT = AccessClaims(
    bearer=ClientPrincipal(
        ClientId(UUID(int=4)),
        SecretId(UUID(int=5)),
        frozenset({Scope.READ_ORDERS, Scope.WRITE_STOCK}),
    ),
    client_id=str(UUID(int=4)),
    token_id=UUID(int=6),
    scope=("orders:read", "stock:write"),
)


def signed() -> Ed25519AccessTokens:
    tokens = Ed25519AccessTokens(issuer="https://shop.example", audience="shop")
    tokens.use([generate_signing_key(NOW)])
    return tokens


@pytest.fixture(params=["numbered", "signed", "remembered"])
def tokens(request: pytest.FixtureRequest) -> AccessTokens:
    match request.param:
        case "numbered":
            return NumberedTokens()
        case "signed":
            return signed()
    return RememberedAccessTokens(signed())


@pytest.mark.parametrize("claims", [CLAIMS, OF_CLIENT], ids=["of a user", "of a client"])
def test_access_token_verification_returns_the_issued_claims_until_expiry(
    tokens: AccessTokens, claims: AccessClaims
) -> None:
    token = tokens.issue(claims, now=NOW)
    assert tokens.verify(token.token, now=NOW) == claims
    assert tokens.verify(token.token, now=NOW + timedelta(seconds=token.expires_in - 1)) == claims


def test_expired_access_token_is_rejected(tokens: AccessTokens) -> None:
    token = tokens.issue(CLAIMS, now=NOW)
    assert tokens.verify(token.token, now=NOW) == CLAIMS
    with pytest.raises(TokenExpired):
        tokens.verify(token.token, now=NOW + timedelta(seconds=token.expires_in))


def test_access_token_is_rejected_before_its_issue_time(tokens: AccessTokens) -> None:
    token = tokens.issue(CLAIMS, now=NOW)
    with pytest.raises(InvalidToken):
        tokens.verify(token.token, now=NOW - timedelta(seconds=1))


@pytest.mark.parametrize("forged", ["", "token", "a.b.c", "東京"])
def test_malformed_access_token_raises_invalid_token(tokens: AccessTokens, forged: str) -> None:
    tokens.issue(CLAIMS, now=NOW)
    with pytest.raises(InvalidToken):
        tokens.verify(forged, now=NOW)


def test_verification_of_each_access_token_returns_the_claims_of_that_token(tokens: AccessTokens) -> None:
    other = AccessClaims(
        bearer=UserPrincipal(UserId(UUID(int=4)), Role.CUSTOMER, SessionId(UUID(int=5))),
        client_id="steelyard",
        token_id=UUID(int=6),
    )
    first, second = tokens.issue(CLAIMS, now=NOW), tokens.issue(other, now=NOW)
    assert tokens.verify(second.token, now=NOW) == other
    assert tokens.verify(first.token, now=NOW) == CLAIMS
    assert tokens.public_keys(now=NOW).keys() == {"keys"}
