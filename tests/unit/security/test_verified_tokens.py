"""Verified tokens are cached until they expire."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.security.keys import generate_signing_key
from adapters.security.tokens import Ed25519AccessTokens, SignedClaims
from adapters.security.verified_tokens import RememberedAccessTokens
from application.signing.ports import AccessClaims, InvalidToken, SigningKey, TokenExpired


class CountingAccessTokens(Ed25519AccessTokens):
    """Counts verifications of signatures."""

    reads = 0

    def read(self, token: str) -> SignedClaims:
        self.reads += 1
        return super().read(token)


@pytest.fixture
def counting() -> CountingAccessTokens:
    return CountingAccessTokens(issuer="https://shop.example", audience="steelyard")


@pytest.fixture
def remembered(counting: CountingAccessTokens, key: SigningKey) -> RememberedAccessTokens:
    remembered = RememberedAccessTokens(counting, capacity=2)
    remembered.use([key])
    return remembered


def test_verified_access_token_is_read_from_the_cache(
    remembered: RememberedAccessTokens, counting: CountingAccessTokens, claims: AccessClaims, now: datetime
) -> None:
    token = remembered.issue(claims, now=now).token
    for seconds in range(5):
        assert remembered.verify(token, now=now + timedelta(seconds=seconds)) == claims
    assert counting.reads == 1


def test_access_tokens_remain_cached_if_a_reload_returns_equal_signing_keys(
    remembered: RememberedAccessTokens,
    counting: CountingAccessTokens,
    claims: AccessClaims,
    key: SigningKey,
    now: datetime,
) -> None:
    token = remembered.issue(claims, now=now).token
    for _ in range(3):
        remembered.use([replace(key)])
        assert remembered.verify(token, now=now) == claims
    assert counting.reads == 1


def test_cached_access_token_is_rejected_after_expiry(
    remembered: RememberedAccessTokens, claims: AccessClaims, now: datetime
) -> None:
    token = remembered.issue(claims, now=now).token
    remembered.verify(token, now=now)
    with pytest.raises(TokenExpired):
        remembered.verify(token, now=now + timedelta(minutes=10))
    with pytest.raises(InvalidToken):
        remembered.verify(token, now=now - timedelta(seconds=1))


def test_cached_access_token_is_invalid_after_the_signing_key_is_removed(
    remembered: RememberedAccessTokens, claims: AccessClaims, now: datetime
) -> None:
    token = remembered.issue(claims, now=now).token
    remembered.verify(token, now=now)
    remembered.use([generate_signing_key(now)])
    with pytest.raises(InvalidToken):
        remembered.verify(token, now=now)


def test_rejected_access_token_is_not_cached(
    remembered: RememberedAccessTokens,
    counting: CountingAccessTokens,
    key: SigningKey,
    claims: AccessClaims,
    now: datetime,
) -> None:
    newer = generate_signing_key(now)
    counting.use([newer])
    token = counting.issue(claims, now=now).token
    counting.use([key])
    for _ in range(3):
        with pytest.raises(InvalidToken):
            remembered.verify(token, now=now)
    assert counting.reads == 3
    remembered.use([newer, key])
    assert remembered.verify(token, now=now) == claims


def test_least_recently_used_access_token_is_evicted_from_the_cache(
    remembered: RememberedAccessTokens, counting: CountingAccessTokens, claims: AccessClaims, now: datetime
) -> None:
    first, second, third = (
        remembered.issue(claims, now=now + timedelta(seconds=late)).token for late in range(3)
    )
    soon = now + timedelta(seconds=3)
    for token in (first, second, first, third, first):
        remembered.verify(token, now=soon)
    assert counting.reads == 3
    remembered.verify(second, now=soon)
    assert counting.reads == 4


def test_access_token_cache_publishes_the_key_set_of_the_cached_verifier(
    remembered: RememberedAccessTokens, counting: CountingAccessTokens, now: datetime
) -> None:
    assert remembered.public_keys(now=now) == counting.public_keys(now=now)
    assert len(remembered.public_keys(now=now)["keys"]) == 1
