"""The duration of a rejected log-in does not reveal whether the account exists."""

from itertools import product
from time import perf_counter

import pytest

from adapters.security.passwords import Argon2PasswordHasher
from application.sessions.log_in import LogIn, LogInCommand, WrongCredentials
from application.throttling.throttle import NullThrottle
from entrypoints.email_addresses import parse_email_address, sought_email_address
from tests.kit.accounts import LIFETIME, NETWORK
from tests.kit.actors import SOMEBODY
from tests.kit.passwords import PlainHasher
from tests.kit.shop import Shop
from tests.kit.tokens import NumberedTokens

PAIRS = 40


class CountedHasher(PlainHasher):
    """A password hasher that counts verifications."""

    def __init__(self) -> None:
        super().__init__()
        self.checked = 0

    async def verify(self, password: str, hashed: str | None) -> bool:
        self.checked += 1
        return await super().verify(password, hashed)


def log_in_with(shop: Shop, hasher: PlainHasher | Argon2PasswordHasher) -> LogIn:
    factory, throttle = shop.store.unit_of_work, NullThrottle()
    return LogIn(
        factory, throttle, hasher, NumberedTokens(), shop.clock, shop.ids, shop.log_in.randomness, LIFETIME
    )


async def refused(log_in: LogIn, email: str) -> float:
    """Log in with a wrong password. Return the seconds until the rejection."""
    began = perf_counter()
    with pytest.raises(WrongCredentials):
        await log_in(
            LogInCommand(
                email=sought_email_address(email),
                password="a wrong password",
                network=NETWORK,
                actor=SOMEBODY,
            )
        )
    return perf_counter() - began


async def test_log_in_to_an_unknown_account_also_computes_one_password_hash(shop: Shop) -> None:
    await shop.customer("ann@example.com")
    for email in ("ann@example.com", "nobody@example.com"):
        hasher = CountedHasher()
        await refused(log_in_with(shop, hasher), email)
        assert hasher.checked == 1


async def test_duration_of_a_failed_log_in_does_not_reveal_known_accounts(shop: Shop) -> None:
    """The test compares rejections for a known account with rejections for an unknown account.

    Each rejection for the known account is compared with each rejection for the unknown account. The test computes
    the fraction of pairs in which the known account was slower (Mann and Whitney).

    If the durations reveal nothing, the expected fraction is a half. For 40 rejections of each account, the standard
    deviation is 0.065. The limits are five standard deviations away from a half, so that the test does not fail by
    chance.

    If only one of the two requests hashes, the fraction is 0 or 1. The requests alternate, so a busy machine slows
    both requests.
    """
    hasher = Argon2PasswordHasher(workers=1, memory_kib=1024)
    await shop.customer("ann@example.com")
    async with shop.store.unit_of_work(SOMEBODY) as work:
        ann = await work.users.find_by_email(parse_email_address("ann@example.com"))
        assert ann
        ann = await work.users.get(ann.id)
        assert ann
        ann.rehash(await hasher.hash("the right password"))
        await work.users.save(ann)
        await work.commit()
    log_in = log_in_with(shop, hasher)
    known: list[float] = []
    unknown: list[float] = []
    for turn in range(PAIRS):
        for email in ("ann@example.com", "nobody@example.com")[:: 1 if turn % 2 else -1]:
            (known if email.startswith("ann") else unknown).append(await refused(log_in, email))
    hasher.close()
    slower = sum(one > other for one, other in product(known, unknown)) / PAIRS**2
    assert 0.17 < slower < 0.83
