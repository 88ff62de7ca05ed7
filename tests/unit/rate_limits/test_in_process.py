"""The quota of a partition is the maximum number of admitted requests in any time window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.rate_limits.in_process import InProcessRateLimiter
from application.rate_limits.ports import Allowance, RateLimitPolicy
from tests.kit.stopwatch import Stopwatch

ORDERS = RateLimitPolicy("orders", quota=3, window=10)


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def limiter(stopwatch: Stopwatch) -> InProcessRateLimiter:
    return InProcessRateLimiter(clock=stopwatch)


async def test_remaining_quota_decreases_by_one_until_a_request_is_rejected(
    limiter: InProcessRateLimiter,
) -> None:
    assert [await limiter.take(ORDERS, "ann") for _ in range(5)] == [
        Allowance(allowed=True, remaining=2, resets_in=10),
        Allowance(allowed=True, remaining=1, resets_in=10),
        Allowance(allowed=True, remaining=0, resets_in=10),
        Allowance(allowed=False, remaining=0, resets_in=10),
        Allowance(allowed=False, remaining=0, resets_in=10),
    ]


async def test_request_is_admitted_when_the_oldest_request_leaves_the_time_window(
    limiter: InProcessRateLimiter, stopwatch: Stopwatch
) -> None:
    for seconds in (0, 4, 3):
        stopwatch.seconds += seconds
        await limiter.take(ORDERS, "ann")
    refused = await limiter.take(ORDERS, "ann")
    assert refused == Allowance(allowed=False, remaining=0, resets_in=3)
    stopwatch.seconds += refused.resets_in
    assert await limiter.take(ORDERS, "ann") == Allowance(allowed=True, remaining=0, resets_in=4)


async def test_rate_limiter_admits_a_request_after_the_announced_waiting_time(
    limiter: InProcessRateLimiter, stopwatch: Stopwatch
) -> None:
    for _ in range(20):
        stopwatch.seconds += 0.37
        answer = await limiter.take(ORDERS, "ann")
        if not answer.allowed:
            stopwatch.seconds += answer.resets_in
            assert (await limiter.take(ORDERS, "ann")).allowed


async def test_rate_limited_request_leaves_the_waiting_time_unchanged(
    limiter: InProcessRateLimiter, stopwatch: Stopwatch
) -> None:
    for _ in range(30):
        await limiter.take(ORDERS, "ann")
    stopwatch.seconds += 10
    assert await limiter.take(ORDERS, "ann") == Allowance(allowed=True, remaining=2, resets_in=10)


async def test_each_combination_of_policy_and_caller_has_a_separate_quota(
    limiter: InProcessRateLimiter,
) -> None:
    for _ in range(3):
        await limiter.take(ORDERS, "ann")
    assert (await limiter.take(ORDERS, "bob")).remaining == 2
    assert (await limiter.take(RateLimitPolicy("logins", quota=3, window=10), "ann")).remaining == 2
    assert not (await limiter.take(ORDERS, "ann")).allowed


async def test_quota_of_zero_rejects_every_request(limiter: InProcessRateLimiter) -> None:
    closed = RateLimitPolicy("closed", quota=0, window=10)
    assert await limiter.take(closed, "ann") == Allowance(allowed=False, remaining=0, resets_in=10)


@given(
    quota=st.integers(1, 5),
    window=st.integers(1, 10),
    pauses=st.lists(st.floats(0, 4), max_size=60),
)
async def test_number_of_requests_in_any_time_window_never_exceeds_the_quota(
    quota: int, window: int, pauses: list[float]
) -> None:
    stopwatch = Stopwatch()
    limiter = InProcessRateLimiter(clock=stopwatch)
    policy = RateLimitPolicy("orders", quota, window)
    allowed: list[float] = []
    for pause in pauses:
        stopwatch.seconds += pause
        within = sum(moment > stopwatch.seconds - window for moment in allowed)
        answer = await limiter.take(policy, "ann")
        assert answer.allowed == (within < quota)
        assert 1 <= answer.resets_in <= window
        if answer.allowed:
            allowed.append(stopwatch.seconds)
            assert answer.remaining == quota - within - 1


async def test_counters_of_callers_without_recent_requests_are_evicted(
    limiter: InProcessRateLimiter, stopwatch: Stopwatch
) -> None:
    for number in range(100):
        await limiter.take(ORDERS, f"guest {number}")
    stopwatch.seconds += 10
    for _ in range(101):
        await limiter.take(ORDERS, "ann")
    assert kept(limiter) == 1


async def test_counters_of_ended_short_time_windows_are_evicted_while_long_windows_run(
    limiter: InProcessRateLimiter, stopwatch: Stopwatch
) -> None:
    await limiter.take(RateLimitPolicy("sign-ups", quota=3, window=3600), "ann")
    for number in range(100):
        await limiter.take(ORDERS, f"guest {number}")
    stopwatch.seconds += 10
    for _ in range(110):
        await limiter.take(ORDERS, "ann")
    assert kept(limiter) == 2


async def test_rate_limiter_stores_counters_for_at_most_the_configured_number_of_callers(
    stopwatch: Stopwatch,
) -> None:
    limiter = InProcessRateLimiter(clock=stopwatch, max_partitions=10)
    for number in range(100):
        await limiter.take(ORDERS, f"guest {number}")
        assert kept(limiter) == min(number + 1, 10)
    assert (await limiter.take(ORDERS, "guest 99")).remaining == 1


def kept(limiter: InProcessRateLimiter) -> int:
    return len(limiter._windows)
