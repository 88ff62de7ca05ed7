"""Run an operation only once per idempotency key."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.unit_of_work import UnitOfWork

V = TypeVar("V")


async def run_once(
    work: UnitOfWork,
    key: IdempotencyKey | None,
    result_type: type[V],
    operation: Callable[[], Awaitable[V]],
) -> IdempotentResult[V]:
    """Run the operation and store its result, or replay the result of an earlier request.

    If an earlier request with the same key has stored a result, the operation does not run. Without a key, the
    operation always runs.

    Raises IdempotencyKeyReused, IdempotencyInFlight, and the errors of the operation.
    """
    if replay := await find_replay(work, key, result_type):
        return replay
    return await store_result(work, key, await operation())


async def find_replay(
    work: UnitOfWork,
    key: IdempotencyKey | None,
    result_type: type[V],
    *,
    current: Callable[[V], Awaitable[V]] | None = None,
) -> IdempotentResult[V] | None:
    """Claim the key. If an earlier request has stored a result, return the replay, otherwise None.

    Before a replay is returned, the unit of work is committed.

    If `current` is given, the replay contains `await current(stored_result)` instead of the stored result.

    Raises IdempotencyKeyReused, IdempotencyInFlight.
    """
    if key is None:
        return None
    stored = (await work.idempotency.claim([key], result_type)).get(key.scope)
    if stored is None and key.is_anonymous:
        stored = await work.idempotency.find_in_shared_scope(key, result_type)
    if stored is None:
        return None
    replay = stored.replay(key)
    if current is not None:
        replay = IdempotentResult(await current(replay.result), replayed=True)
    await work.commit()
    return replay


async def store_result(work: UnitOfWork, key: IdempotencyKey | None, result: V) -> IdempotentResult[V]:
    """Store the result of an operation, and commit. If the request has no key, only commit."""
    if key is not None:
        await work.idempotency.store({key: result})
    await work.commit()
    return IdempotentResult(result)
