"""Doing a thing once, however often it is asked for.

A key is claimed in the business transaction, by its first statement, and bound to the result before the commit. So
only what was committed binds a key: after a refusal or a crash, a retry is a real try.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from domain.shared.errors import DomainError

V = TypeVar("V")

Scope = tuple[str, str, str]
"""Principal, operation and key: the same key of somebody else, or for something else, is another key."""

ANYBODY = "anybody"
"""The principal of requests without a token: their keys share one scope, so they should be random, as all should."""


class IdempotencyKeyReused(DomainError):
    """The key was used before, for something else."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This idempotency key was used before with another request. Make a new key for it.")


class IdempotencyInFlight(DomainError):
    """A request with this key is being worked on and has not ended in time. `retry_after` is in seconds."""

    code = "idempotency_in_flight"

    def __init__(self) -> None:
        super().__init__("A request with this idempotency key is still being worked on. Try again shortly.")
        self.retry_after = 1


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's `key`, with its scope.

    `fingerprint` is the SHA-256 of what was asked for: method, path parameters, canonical body.
    """

    principal: str
    operation: str
    key: str
    fingerprint: bytes

    @property
    def scope(self) -> Scope:
        return self.principal, self.operation, self.key


@dataclass(frozen=True, slots=True)
class IdempotentResult(Generic[V]):
    """The result of a use case that is done once. `replayed` says that it was done by an earlier request.

    `present` says that the result is what has become of it since: what was answered then is no longer kept.
    """

    result: V
    replayed: bool = False
    present: bool = False


@dataclass(frozen=True, slots=True)
class Bound(Generic[V]):
    """What an earlier request with the same scope has asked for and got."""

    fingerprint: bytes
    result: V

    def replay(self, key: IdempotencyKey) -> IdempotentResult[V]:
        """Answer as the earlier request was answered. Raises IdempotencyKeyReused if that was another request."""
        if self.fingerprint != key.fingerprint:
            raise IdempotencyKeyReused
        return IdempotentResult(self.result, replayed=True)


class IdempotencyRecords(Protocol):
    """The keys, inside a unit of work."""

    async def claim(self, keys: Sequence[IdempotencyKey], result_type: type[V]) -> Mapping[Scope, Bound[V]]:
        """Claim the keys, and return those that are bound already.

        A key that another unit of work has claimed is waited for; keys are claimed in one fixed order, so that two
        units of work never wait for each other. It also writes where it finds a key bound: the replay's commit must
        prove that the first commit is as durable as this one will be. A scope may stand in `keys` more than once.
        Raises IdempotencyInFlight.
        """
        ...

    async def bind(self, results: Mapping[IdempotencyKey, object]) -> None:
        """Bind claimed keys to results. A claimed key that is not bound until the commit is free again."""
        ...


class IdempotencyRecordStore(Protocol):
    """The keys that are bound, outside of any unit of work."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Forget keys that were claimed before this moment, the oldest first, at most `limit`; return how many.

        Fewer than `limit` means that there are no more, but for those that are being replayed now.
        """
        ...


async def replay_of(
    records: IdempotencyRecords, key: IdempotencyKey | None, result_type: type[V]
) -> IdempotentResult[V] | None:
    """Claim the key of a request, if it has one, and return its replay, if there is one to give.

    Raises IdempotencyInFlight, IdempotencyKeyReused.
    """
    if key is None:
        return None
    bound = (await records.claim([key], result_type)).get(key.scope)
    return None if bound is None else bound.replay(key)


async def store_result(
    records: IdempotencyRecords, key: IdempotencyKey | None, result: V
) -> IdempotentResult[V]:
    """Bind the key of a request, if it has one, to the result."""
    if key is not None:
        await records.bind({key: result})
    return IdempotentResult(result)
