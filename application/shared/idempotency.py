"""Idempotency: an operation with a key runs only once, even if its request is sent again.

The first statement of the operation's transaction claims the key. The result is stored in the same transaction,
before the commit. After an error or a crash, no result is stored, and a retry runs the operation again.

Batches of orders do not claim keys: see `PlaceOrderBatch`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, Self, TypeVar

from application.retention.ports import PrunableRecords
from domain.shared.errors import DomainError
from domain.shared.ids import UserId

V = TypeVar("V")


class IdempotentOperation(StrEnum):
    """The operations that store a result.

    The values are stored in idempotency records and never change.
    """

    PLACE_ORDER = "place_order"
    CHANGE_ORDER = "change_order"
    CANCEL_ORDER = "cancel_order"
    FULFILL_ORDER = "fulfil_order"
    PAY_ORDER = "pay_order"
    CAPTURE_PAYMENT = "capture_payment"
    VOID_PAYMENT = "void_payment"
    REFUND_ORDER = "refund_order"
    REQUEST_RETURN = "request_return"
    APPROVE_RETURN = "approve_return"
    REFUSE_RETURN = "refuse_return"
    RECEIVE_RETURN = "receive_return"
    CREATE_PRODUCT = "create_product"
    ADJUST_STOCK = "adjust_stock"
    CREATE_WEBHOOK_ENDPOINT = "create_webhook_endpoint"
    RETRY_WEBHOOK_DELIVERY = "retry_webhook_delivery"
    ROLL_WEBHOOK_SECRET = "roll_webhook_secret"  # noqa: S105 - the name of an operation, not a secret
    RETRY_WEBHOOK_DELIVERIES = "retry_webhook_deliveries"
    TRANSFER_WEBHOOK_ENDPOINT = "transfer_webhook_endpoint"
    CREATE_USER = "create_user"
    VERIFY_EMAIL = "verify_email"
    REQUEST_EMAIL_CHANGE = "request_email_change"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - the name of an operation, not a secret
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of an operation, not a secret


Scope = tuple[str, str, str]
"""Principal, operation and key.

Equal keys of two principals or of two operations belong to different scopes, so the keys are independent.
"""

ANONYMOUS = "anybody"
"""The principal that release 6daf4a4 stored for requests without a token.

In that release, all anonymous callers had this one principal. Later releases add the fingerprint of the request to
the principal, so that equal keys of two callers are independent.
"""

FINGERPRINT_VERSION = 2
"""The version of the fingerprint's algorithm.

Version 1 was SHA-256 of the parsed model; see docs/decisions/0029-idempotency-records.md.
"""

UNVERIFIABLE = 32767
"""The fingerprint version of records with an unknown fingerprint.

The number is higher than any real version, so `has_fingerprint` accepts these records.
"""

FORMAT_VERSION = 2
"""The version of the format of stored results.

Version 1 stored one-time secrets in clear text. Since version 2, one-time secrets are encrypted or left out.
"""


class IdempotencyKeyReused(DomainError):
    """The idempotency key was used before for a different request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This idempotency key was used before with another request. Make a new key for it.")


class IdempotencyInFlight(DomainError):
    """An earlier request with this idempotency key is still running. `retry_after` is in seconds."""

    code = "idempotency_in_flight"

    def __init__(self) -> None:
        super().__init__("A request with this idempotency key is still being worked on. Try again shortly.")
        self.retry_after = 1


class IdempotencyRecordExists(IdempotencyInFlight):
    """A result cannot be stored, because another unit of work has already stored a result for the key.

    This error is raised only for keys that were not claimed.
    """


def _no_earlier_version(_version: int) -> bytes | None:
    return None


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's `key` with its scope.

    `fingerprint` is a hash of the request's method, path and body. `earlier_fingerprint(version)` returns the
    fingerprint that an earlier version of the fingerprint algorithm computes for the request. If releases
    with this version reject the request, `earlier_fingerprint` returns None.
    """

    principal: str
    operation: IdempotentOperation
    key: str
    fingerprint: bytes
    earlier_fingerprint: Callable[[int], bytes | None] = field(
        default=_no_earlier_version, compare=False, repr=False
    )

    @classmethod
    def anonymous(
        cls,
        operation: IdempotentOperation,
        key: str,
        fingerprint: bytes,
        earlier_fingerprint: Callable[[int], bytes | None] = _no_earlier_version,
    ) -> Self:
        """Return the idempotency key of a caller without a token.

        The scope of the key contains only this request and its retries.
        """
        return cls(f"{ANONYMOUS}:{fingerprint.hex()}", operation, key, fingerprint, earlier_fingerprint)

    @property
    def scope(self) -> Scope:
        return self.principal, self.operation, self.key

    @property
    def is_anonymous(self) -> bool:
        return self.principal.startswith(f"{ANONYMOUS}:")

    def has_fingerprint(self, fingerprint: bytes, version: int) -> bool:
        """Return whether a stored fingerprint of this version matches the key's request.

        A fingerprint of a later version cannot be verified, so the result is True. If the result were False, a
        retry would be rejected. The client would then send a new key, and the operation would run twice.
        """
        if version == FINGERPRINT_VERSION:
            return fingerprint == self.fingerprint
        return version > FINGERPRINT_VERSION or fingerprint == self.earlier_fingerprint(version)


@dataclass(frozen=True, slots=True)
class IdempotentResult(Generic[V]):
    """The result of an idempotent operation.

    `replayed` is true if an earlier request ran the operation. `is_current_state` is true if the stored response has
    been pruned and the result is the current state.
    """

    result: V
    replayed: bool = False
    is_current_state: bool = False


@dataclass(frozen=True, slots=True)
class StoredResult(Generic[V]):
    """The result of an earlier request in the same scope, with the fingerprint of that request."""

    fingerprint: bytes
    result: V
    fingerprint_version: int = FINGERPRINT_VERSION

    def replay(self, key: IdempotencyKey) -> IdempotentResult[V]:
        """Return the stored result for a retry of the same request.

        Raises IdempotencyKeyReused for a different request.
        """
        if not key.has_fingerprint(self.fingerprint, self.fingerprint_version):
            raise IdempotencyKeyReused
        return IdempotentResult(self.result, replayed=True)


class PersonalResult:
    """A result with personal data of one user. `subject` identifies the user.

    The idempotency record of the result is deleted when the user's account is closed.
    """

    __slots__ = ()

    @property
    def subject(self) -> UserId:
        raise NotImplementedError


def subject_of(key: IdempotencyKey, result: object) -> UserId | None:
    """Return the user whose personal data a record contains, or None.

    In two cases, None is returned: the record contains no personal data, or the personal data belongs to the
    record's principal.
    """
    if not isinstance(result, PersonalResult) or str(result.subject) == key.principal:
        return None
    return result.subject


class IdempotencyRecords(Protocol):
    """Idempotency records in a unit of work."""

    async def claim(
        self, keys: Sequence[IdempotencyKey], result_type: type[V]
    ) -> Mapping[Scope, StoredResult[V]]:
        """Claim the keys, and return the results that are already stored for them.

        If another unit of work has claimed one of the keys, the call waits for the end of that unit of work.
        Keys are claimed in one fixed sequence, which rules out deadlocks.

        A claim writes to the database even if a result is already stored. The caller commits this write
        before it returns the replay. The commit ends only after the commit of the first request is durable.

        A scope can occur in `keys` more than once. Raises IdempotencyInFlight.
        """
        ...

    async def find_in_shared_scope(self, key: IdempotencyKey, result_type: type[V]) -> StoredResult[V] | None:
        """Return the result that release 6daf4a4 stored for the same anonymous request.

        That release stored the keys of all anonymous callers in one scope. Like `claim`, this method writes to the
        database even if a result is already stored.
        """
        ...

    async def store(self, results: Mapping[IdempotencyKey, object]) -> None:
        """Store the results of keys.

        If `results` contain no result for a claimed key, the key can be claimed again after the commit.

        If a key was not claimed, its result is stored in a new record. If another unit of work is storing a
        result for the same key, the call waits for the end of that unit of work. Raises Overloaded if the
        wait takes too long.

        Raises IdempotencyRecordExists if another unit of work has stored a result for a key that was not claimed.
        This error may be raised by a later call instead, at the latest by `flush` or `commit`.
        """
        ...


class IdempotencyRecordStore(PrunableRecords, Protocol):
    """Idempotency records outside of any unit of work."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` records older than `before`, oldest first.

        Returns the number of deleted records. If the number is below `limit`, all records older than `before` have
        been deleted, except records that are being replayed.
        """
        ...
