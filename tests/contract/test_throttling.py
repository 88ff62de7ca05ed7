"""Throttling delays password guesses, also across processes. Throttling never locks an account."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from application.retention.prune import Prune
from application.sessions.log_in import LogInCommand, WrongCredentials
from application.throttling.throttle import CountingThrottle, TooManyAttempts
from application.users.change_password import ChangePasswordCommand
from application.users.password_check import WrongPassword
from application.users.ports import EmailTaken
from application.users.sign_up import SignUpCommand
from domain.users.attempts import ACCOUNT_BACKOFF, NETWORK_BACKOFF, Attempt, AttemptKind
from entrypoints.email_addresses import parse_email_address, sought_email_address
from tests.kit.accounts import NETWORK, PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop

SECOND = timedelta(seconds=1)
ACCOUNT, NETWORKS = ACCOUNT_BACKOFF[AttemptKind.LOG_IN], NETWORK_BACKOFF[AttemptKind.LOG_IN]
ANN, NOBODY = "ann@example.com", "nobody@example.com"


async def log_in(shop: Shop, email: str = ANN, password: str = "wrong", network: str = NETWORK) -> str | int:
    """Try a password, and return the result.

    If the attempt is throttled, the result is the number of seconds to wait.
    """
    try:
        await shop.log_in(
            LogInCommand(
                email=sought_email_address(email), password=password, network=network, actor=SOMEBODY
            )
        )
    except WrongCredentials:
        return "wrong"
    except TooManyAttempts as refusal:
        return refusal.retry_after
    return "in"


async def sign_up(shop: Shop, email: str, network: str | None = NETWORK) -> str | int:
    try:
        await shop.sign_up(
            SignUpCommand(
                email=sought_email_address(email), password=PASSWORD, network=network, actor=SOMEBODY
            )
        )
    except EmailTaken:
        return "taken"
    except TooManyAttempts as refusal:
        return refusal.retry_after
    return "done"


def admitted(endings: Iterable[str | int]) -> int:
    return sum(isinstance(ending, str) for ending in endings)


async def test_throttling_counts_concurrent_password_guesses(shop: Shop) -> None:
    await shop.customer(ANN)
    at_once = await asyncio.gather(*(log_in(shop) for _ in range(20)))
    one_by_one = [await log_in(shop, NOBODY) for _ in range(20)]
    assert admitted(at_once) == admitted(one_by_one) == ACCOUNT.free + 1


async def test_each_wrong_password_doubles_the_waiting_time_up_to_a_maximum(shop: Shop) -> None:
    await shop.customer(ANN)
    for _ in range(ACCOUNT.free + 1):
        assert await log_in(shop) == "wrong"
    waits = []
    for _ in range(10):
        wait = await log_in(shop)
        assert isinstance(wait, int)
        waits.append(wait)
        shop.clock.advance(wait * SECOND)
        assert await log_in(shop) == "wrong"
    assert waits[:6] == [1, 2, 4, 8, 16, 32]
    assert max(waits) * SECOND <= ACCOUNT.longest


async def test_rejected_log_in_attempts_leave_the_waiting_time_unchanged(
    shop: Shop,
) -> None:
    await shop.customer(ANN)
    for _ in range(ACCOUNT.free + 1):
        await log_in(shop)
    assert [await log_in(shop, password=PASSWORD) for _ in range(50)] == [1] * 50
    shop.clock.advance(SECOND)
    assert await log_in(shop, password=PASSWORD) == "in"


async def test_successful_log_in_resets_the_throttling_of_the_account(shop: Shop) -> None:
    await shop.customer(ANN)
    for _ in range(3):
        for _ in range(ACCOUNT.free):
            assert await log_in(shop) == "wrong"
        assert await log_in(shop, password=PASSWORD) == "in"


async def test_log_ins_with_known_and_unknown_email_addresses_are_throttled_alike(shop: Shop) -> None:
    await shop.customer(ANN)
    for address in (ANN, NOBODY):
        shop.clock.advance(timedelta(days=1))
        endings = []
        for seconds in (0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 4):
            shop.clock.advance(seconds * SECOND)
            endings.append(await log_in(shop, address))
        assert endings == [*["wrong"] * 6, 1, "wrong", 2, "wrong", 4, "wrong"]


async def test_log_ins_with_different_spellings_of_an_email_address_are_counted_together(shop: Shop) -> None:
    for email in (ANN, "ANN@example.com", " ann@EXAMPLE.com ") * 2:
        await log_in(shop, email)
    assert await log_in(shop) == 1


async def test_log_ins_are_throttled_only_from_the_network_that_guessed_passwords(shop: Shop) -> None:
    await shop.customer(ANN)
    await shop.customer("bob@example.com")
    for number in range(NETWORKS.free + 1):
        assert await log_in(shop, f"guess-{number}@example.com") == "wrong"
    assert await log_in(shop, "bob@example.com", PASSWORD) == 1
    assert await log_in(shop, "bob@example.com", PASSWORD, network="198.51.100.0/32") == "in"


async def test_many_successful_log_ins_from_one_network_are_not_throttled(shop: Shop) -> None:
    emails = [f"{name}@example.com" for name in ("ann", "bob", "cid")]
    for email in emails:
        await shop.customer(email)
    for number in range(2 * NETWORKS.free):
        assert await log_in(shop, emails[number % 3], PASSWORD) == "in"


async def test_sign_ups_for_one_email_address_are_throttled_except_on_the_command_line(
    shop: Shop,
) -> None:
    free = ACCOUNT_BACKOFF[AttemptKind.SIGN_UP].free
    endings = [await sign_up(shop, ANN) for _ in range(free + 2)]
    assert endings == ["done", *["taken"] * free, 1]
    assert await sign_up(shop, ANN, network=None) == "taken"


async def test_sign_ups_from_one_network_are_throttled(shop: Shop) -> None:
    throttle = CountingThrottle(shop.clock)
    free = NETWORK_BACKOFF[AttemptKind.SIGN_UP].free
    for number in range(free + 1):
        async with shop.store.unit_of_work() as work:
            email = parse_email_address(f"{number}@example.com")
            await throttle.admit(work, Attempt(AttemptKind.SIGN_UP, email.normalized, NETWORK))
            await work.commit()
    assert await sign_up(shop, ANN) == 1
    shop.clock.advance(SECOND)
    assert await sign_up(shop, ANN) == "done"


async def test_guesses_of_the_current_password_in_a_session_are_throttled(shop: Shop) -> None:
    ann = await shop.customer(ANN)
    principal = await shop.principal_of(await shop.start_session(ann))

    async def change(current: str) -> str | int:
        command = ChangePasswordCommand(
            user_id=ann.id,
            session_id=principal.session_id,
            current_password=current,
            new_password=f"{PASSWORD}!",
            network=NETWORK,
            actor=SOMEBODY,
        )
        try:
            await shop.change_password(command)
        except WrongPassword:
            return "wrong"
        except TooManyAttempts as refusal:
            return refusal.retry_after
        return "done"

    free = ACCOUNT_BACKOFF[AttemptKind.PASSWORD_CHANGE].free
    assert [await change("wrong") for _ in range(free + 2)] == [*["wrong"] * (free + 1), 1]
    assert await change(PASSWORD) == 1
    assert await log_in(shop, password=PASSWORD) == "in", "another kind of attempt"
    shop.clock.advance(SECOND)
    assert await change(PASSWORD) == "done"


async def test_pruning_deletes_only_expired_attempt_counters(shop: Shop) -> None:
    prune = Prune(shop.store.attempts, shop.clock, retention=timedelta(0))
    for _ in range(ACCOUNT.free + 1):
        await log_in(shop)
    await prune()
    assert await log_in(shop) == 1
    shop.clock.advance(timedelta(days=1))
    await prune()
    assert await shop.store.attempts.prune(before=shop.clock.now() + timedelta(days=1), limit=9) == 0
