"""The claims and the lifetime of access tokens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.security.keys import generate_signing_key
from adapters.security.tokens import Ed25519AccessTokens
from application.signing.ports import AccessClaims, InvalidToken, SigningKey, TokenExpired, UnknownSigningKey
from application.users.principal import ClientPrincipal, UserPrincipal
from domain.shared.ids import ClientId, SecretId, SessionId, UserId
from domain.users.permissions import Role, Scope

KEY = generate_signing_key(datetime(2026, 1, 1, tzinfo=UTC))


def test_issued_access_token_contains_the_given_claims(
    tokens: Ed25519AccessTokens, claims: AccessClaims, now: datetime
) -> None:
    assert tokens.verify(tokens.issue(claims, now=now).token, now=now) == claims


OF_USERS = st.builds(
    AccessClaims,
    bearer=st.builds(UserPrincipal, st.uuids().map(UserId), st.sampled_from(Role), st.uuids().map(SessionId)),
    client_id=st.text(min_size=1),
    token_id=st.uuids(),
    scope=st.lists(st.from_regex(r"[!#-\[\]-~]+", fullmatch=True), max_size=5).map(tuple),  # RFC 6749, 3.3
)
OF_CLIENTS = st.builds(
    ClientPrincipal,
    st.uuids().map(ClientId),
    st.uuids().map(SecretId),
    st.frozensets(st.sampled_from(Scope)),
).map(
    lambda client: AccessClaims(
        bearer=client, client_id=str(client.id), token_id=client.secret_id, scope=tuple(sorted(client.scopes))
    )
)


@given(
    claims=OF_USERS | OF_CLIENTS,
    now=st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the time zone
)
def test_new_verifier_with_the_signing_key_returns_the_issued_claims(
    claims: AccessClaims, now: datetime
) -> None:
    tokens = Ed25519AccessTokens(issuer="https://shop.example", audience="steelyard")
    tokens.use([KEY])
    assert tokens.verify(tokens.issue(claims, now=now).token, now=now) == claims


def test_access_token_header_and_claims_follow_rfc_9068(
    tokens: Ed25519AccessTokens, claims: AccessClaims, key: SigningKey, now: datetime
) -> None:
    issued = tokens.issue(claims, now=now)
    read = jwt.decode_complete(issued.token, options={"verify_signature": False})
    assert read["header"] == {"typ": "at+jwt", "alg": "EdDSA", "kid": key.kid}
    assert read["payload"] == {
        "iss": "https://shop.example",
        "aud": "steelyard",
        "sub": "0192f0c4-0000-7000-8000-000000000001",
        "client_id": "first-party",
        "scope": "orders:read orders:write",
        "role": "customer",
        "sid": "0192f0c4-0000-7000-8000-000000000002",
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + issued.expires_in,
        "jti": "0192f0c4-0000-7000-8000-000000000003",
    }


def test_access_token_lifetime_is_ten_minutes(key: SigningKey, claims: AccessClaims, now: datetime) -> None:
    tokens = Ed25519AccessTokens(issuer="https://shop.example", audience="steelyard")
    tokens.use([key])
    issued = tokens.issue(claims, now=now)
    assert issued.expires_in == 600
    assert tokens.verify(issued.token, now=now + timedelta(seconds=599.999)) == claims
    with pytest.raises(TokenExpired):
        tokens.verify(issued.token, now=now + timedelta(seconds=600))


def test_access_token_is_rejected_if_clocks_differ_by_more_than_the_leeway(
    tokens: Ed25519AccessTokens, claims: AccessClaims, now: datetime
) -> None:
    token = tokens.issue(claims, now=now).token
    assert tokens.verify(token, now=now - timedelta(seconds=30)) == claims
    assert tokens.verify(token, now=now + timedelta(seconds=629)) == claims
    with pytest.raises(InvalidToken):
        tokens.verify(token, now=now - timedelta(seconds=31))
    with pytest.raises(TokenExpired):
        tokens.verify(token, now=now + timedelta(seconds=630))


@pytest.mark.parametrize("seconds", [-1, 31])
def test_clock_leeway_setting_above_30_seconds_is_rejected(seconds: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 30 seconds"):
        Ed25519AccessTokens(issuer="i", audience="a", leeway=timedelta(seconds=seconds))


def test_access_token_signed_with_the_former_signing_key_is_valid_after_rotation(
    tokens: Ed25519AccessTokens, claims: AccessClaims, key: SigningKey, now: datetime
) -> None:
    before = tokens.issue(claims, now=now).token
    newer = generate_signing_key(now)
    tokens.use([newer, key])
    after = tokens.issue(claims, now=now).token
    assert jwt.get_unverified_header(after)["kid"] == newer.kid
    assert tokens.verify(before, now=now) == tokens.verify(after, now=now) == claims


def test_access_token_signed_with_a_removed_signing_key_is_rejected(
    tokens: Ed25519AccessTokens, claims: AccessClaims, now: datetime
) -> None:
    before = tokens.issue(claims, now=now).token
    tokens.use([generate_signing_key(now)])
    with pytest.raises(InvalidToken):
        tokens.verify(before, now=now)


def test_signing_or_verification_of_an_access_token_requires_a_signing_key(
    tokens: Ed25519AccessTokens, claims: AccessClaims, now: datetime
) -> None:
    keyless = Ed25519AccessTokens(issuer="https://shop.example", audience="steelyard")
    with pytest.raises(RuntimeError, match="no signing key yet"):
        keyless.issue(claims, now=now)
    with pytest.raises(InvalidToken):
        keyless.verify(tokens.issue(claims, now=now).token, now=now)
    assert keyless.public_keys(now=now) == {"keys": []}


def test_repr_of_an_access_token_hides_the_token_text(
    tokens: Ed25519AccessTokens, claims: AccessClaims, now: datetime
) -> None:
    issued = tokens.issue(claims, now=now)
    assert issued.token not in repr(issued)


def test_new_signing_key_is_published_before_it_signs_access_tokens(
    claims: AccessClaims, key: SigningKey, now: datetime
) -> None:
    tokens = Ed25519AccessTokens(issuer="https://shop.example", audience="steelyard")
    later = now + timedelta(minutes=1)
    newer = generate_signing_key(later)
    tokens.use([newer, key])
    assert {jwk["kid"] for jwk in tokens.public_keys(now=now)["keys"]} == {key.kid, newer.kid}
    signers = [jwt.get_unverified_header(tokens.issue(claims, now=at).token)["kid"] for at in (now, later)]
    assert signers == [key.kid, newer.kid]


def test_oldest_signing_key_is_used_before_any_signing_key_becomes_active(
    claims: AccessClaims, key: SigningKey, now: datetime
) -> None:
    tokens = Ed25519AccessTokens(issuer="https://shop.example", audience="steelyard")
    tokens.use([generate_signing_key(now + timedelta(hours=1)), key])
    earlier = now - timedelta(seconds=5)
    assert jwt.get_unverified_header(tokens.issue(claims, now=earlier).token)["kid"] == key.kid


def test_signing_key_verifies_access_tokens_and_is_published_until_it_is_retired(
    claims: AccessClaims, key: SigningKey, now: datetime
) -> None:
    tokens = Ed25519AccessTokens(issuer="https://shop.example", audience="steelyard")
    until = now + timedelta(minutes=2)
    tokens.use([replace(key, verifies_until=until)])
    token = tokens.issue(claims, now=now).token
    just_before = until - timedelta(seconds=1)
    assert tokens.verify(token, now=just_before) == claims
    assert tokens.public_keys(now=just_before)["keys"]
    with pytest.raises(TokenExpired):
        tokens.verify(token, now=until)
    assert tokens.public_keys(now=until) == {"keys": []}


def test_unknown_key_id_in_an_access_token_raises_unknown_signing_key(
    tokens: Ed25519AccessTokens, claims: AccessClaims, key: SigningKey, now: datetime
) -> None:
    token = tokens.issue(claims, now=now).token
    tokens.use([generate_signing_key(now)])
    with pytest.raises(UnknownSigningKey):
        tokens.verify(token, now=now)
    tokens.use([key])
    with pytest.raises(InvalidToken) as refusal:
        tokens.verify(token[:-4] + "AAAA", now=now)
    assert type(refusal.value) is InvalidToken
