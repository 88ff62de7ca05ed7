"""Passwords are hashed with Argon2id.

A log-in to an unknown account needs as much hashing as a log-in to a known account.
"""

import asyncio
from collections.abc import Iterator
from threading import Event
from typing import Literal

import argon2
import pytest

from adapters.security.passwords import Argon2PasswordHasher
from application.shared.errors import Overloaded

PASSWORD = "correct horse battery"


class ObservedArgon2(argon2.PasswordHasher):
    """A cheap hasher that records verified hashes and can be paused."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str | bytes] = []
        self.begun = Event()
        self.may_go_on = Event()
        self.may_go_on.set()

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2 has this parameter name
        self.verified.append(hash)
        self.begun.set()
        assert self.may_go_on.wait(10)
        return super().verify(hash, password)


@pytest.fixture
def hasher() -> Iterator[Argon2PasswordHasher]:
    hasher = Argon2PasswordHasher(memory_kib=8, passes=1, workers=1, max_waiting=0)
    yield hasher
    hasher.close()


@pytest.fixture
def observed(hasher: Argon2PasswordHasher) -> Iterator[ObservedArgon2]:
    observed = ObservedArgon2()
    hasher._argon2 = observed
    yield observed
    observed.may_go_on.set()


async def test_argon2_hash_matches_only_the_exact_password(hasher: Argon2PasswordHasher) -> None:
    hashed = await hasher.hash(PASSWORD)
    assert await hasher.verify(PASSWORD, hashed)
    assert not await hasher.verify(PASSWORD + " ", hashed)
    assert not await hasher.verify(PASSWORD.upper(), hashed)
    assert not await hasher.verify("", hashed)


async def test_two_hashes_of_the_same_password_differ(hasher: Argon2PasswordHasher) -> None:
    assert await hasher.hash(PASSWORD) != await hasher.hash(PASSWORD)


async def test_default_hash_parameters_follow_owasp() -> None:
    hasher = Argon2PasswordHasher()
    hashed = await hasher.hash(PASSWORD)
    hasher.close()
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    ("typed", "typed_elsewhere"),
    [
        ("Ångström-Straße", "A\u030angstro\u0308m-Straße"),
        ("ﬁnancial advice", "financial advice"),
        ("\uff57ide open", "wide open"),
    ],
)
async def test_all_unicode_compositions_of_a_password_match_the_same_hash(
    hasher: Argon2PasswordHasher, typed: str, typed_elsewhere: str
) -> None:
    assert await hasher.verify(typed_elsewhere, await hasher.hash(typed))


@pytest.mark.parametrize(
    "password", ["with\x00zero bytes", "with\x00zero other", "\ud800 lone surrogate", "🐎" * 128]
)
async def test_password_with_a_missing_last_character_is_rejected(
    hasher: Argon2PasswordHasher, password: str
) -> None:
    hashed = await hasher.hash(password)
    assert await hasher.verify(password, hashed)
    assert not await hasher.verify(password[:-1], hashed)


async def test_password_check_for_an_unknown_account_has_the_same_cost(
    hasher: Argon2PasswordHasher, observed: ObservedArgon2
) -> None:
    hashed = await hasher.hash(PASSWORD)
    assert not await hasher.verify(PASSWORD, None)
    (nobodys,) = observed.verified
    assert argon2.extract_parameters(str(nobodys)) == argon2.extract_parameters(hashed)
    assert not await hasher.verify(PASSWORD + "!", hashed)
    assert observed.verified == [nobodys, hashed]


async def test_dummy_hash_is_a_valid_argon2_hash() -> None:
    hasher = Argon2PasswordHasher(memory_kib=8, passes=1, lanes=1, workers=1)
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        hasher._argon2.verify(hasher._hash_of_nobody, PASSWORD)
    hasher.close()


@pytest.mark.parametrize(
    "hashed",
    [
        "",
        "plain",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2id$",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$",
        "$argon2id$v=19$m=8,t=1,p=1$!!!!$!!!!",
        "$argon2id$v=19$m=99999999999,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
        "$argon2id$é",
        "\x00",
    ],
)
async def test_malformed_hash_fails_verification_and_needs_a_rehash(
    hasher: Argon2PasswordHasher, hashed: str
) -> None:
    assert not await hasher.verify(PASSWORD, hashed)
    assert hasher.needs_rehash(hashed)


async def test_password_hash_with_other_parameters_is_valid_but_needs_a_rehash(
    hasher: Argon2PasswordHasher,
) -> None:
    hashed = await hasher.hash(PASSWORD)
    dearer = Argon2PasswordHasher(memory_kib=16, passes=1, workers=1)
    assert not hasher.needs_rehash(hashed)
    assert dearer.needs_rehash(hashed)
    assert await dearer.verify(PASSWORD, hashed)
    dearer.close()


async def test_password_check_is_rejected_immediately_if_the_hashing_queue_is_full(
    hasher: Argon2PasswordHasher, observed: ObservedArgon2
) -> None:
    hashed = await hasher.hash(PASSWORD)
    observed.may_go_on.clear()
    first = asyncio.create_task(hasher.verify(PASSWORD, hashed))
    await asyncio.to_thread(observed.begun.wait, 10)
    with pytest.raises(Overloaded) as refusal:
        await hasher.hash(PASSWORD)
    assert refusal.value.retry_after == 1
    with pytest.raises(Overloaded):
        await hasher.verify(PASSWORD, None)
    observed.may_go_on.set()
    assert await first
    assert not await hasher.verify(PASSWORD, None)
