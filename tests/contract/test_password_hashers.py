from collections.abc import Iterator

import pytest

from adapters.security.passwords import Argon2PasswordHasher
from application.users.ports import PasswordHasher
from domain.users.password import MAX_RAW_LENGTH
from tests.kit.passwords import PlainHasher


@pytest.fixture(params=["plain", "argon2"])
def hasher(request: pytest.FixtureRequest) -> Iterator[PasswordHasher]:
    if request.param == "plain":
        yield PlainHasher()
        return
    hasher = Argon2PasswordHasher(memory_kib=8, passes=1, workers=1)
    yield hasher
    hasher.close()


async def test_password_hash_matches_only_its_own_password(hasher: PasswordHasher) -> None:
    hashed = await hasher.hash("Pässword 東京")
    assert await hasher.verify("Pässword 東京", hashed)
    assert not await hasher.verify("pässword 東京", hashed)
    assert not await hasher.verify("Pässword 東京 ", hashed)
    assert not await hasher.verify("", hashed)


async def test_password_matches_in_composed_and_decomposed_unicode_form(hasher: PasswordHasher) -> None:
    composed, decomposed = "\u00e9cole", "e\u0301cole"
    assert await hasher.verify(decomposed, await hasher.hash(composed))
    assert await hasher.verify(composed, await hasher.hash(decomposed))


async def test_password_check_fails_for_an_unknown_user(hasher: PasswordHasher) -> None:
    assert not await hasher.verify("", None)
    assert not await hasher.verify("a password", None)


async def test_no_password_matches_a_malformed_hash(hasher: PasswordHasher) -> None:
    assert not await hasher.verify("a password", "a password")
    assert not await hasher.verify("", "")


async def test_new_password_hash_needs_no_rehash(hasher: PasswordHasher) -> None:
    assert not hasher.needs_rehash(await hasher.hash("a password"))
    assert hasher.needs_rehash("of another make")


async def test_overlong_password_is_rejected_by_hashing_and_fails_verification(
    hasher: PasswordHasher,
) -> None:
    longest = "x" * MAX_RAW_LENGTH
    assert await hasher.verify(longest, await hasher.hash(longest))
    assert not await hasher.verify(longest + "x", await hasher.hash(longest))
    with pytest.raises(ValueError, match="512"):
        await hasher.hash(longest + "x")
