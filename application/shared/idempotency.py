"""Idempotency: an operation with a key runs only once, even if its request is sent again.

The key is claimed by the first statement of the business transaction, and the result is stored before the
commit. Only a committed operation has a stored result: after an error or a crash, a retry runs the operation.
Batches of orders do not claim the keys: see `PlaceOrderBatch`.
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

If another principal or another operation uses an equal key, the key belongs to another scope.
"""

ANONYMOUS = "anybody"
"""The principal of requests without a token, as release 6daf4a4 stored it in records.

In that release, all anonymous callers had one scope. Later releases make the fingerprint a part of an anonymous
principal, so that equal keys of two callers are independent.
"""

FINGERPRINT_VERSION = 2
"""The version of the fingerprint's algorithm.

Version 1 was SHA-256 of the parsed model; see docs/decisions/0029-idempotency-records.md.
"""

UNVERIFIABLE = 32767
"""The fingerprint version of records with an unknown fingerprint.

The number is higher than any real version: see `has_fingerprint`.
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
    """Another unit of work has stored a result for a key that this unit of work has not claimed."""


def _no_earlier_version(_version: int) -> bytes | None:
    return None


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's `key` with its scope.

    `fingerprint` identifies the request: method, path and body. `earlier_fingerprint` returns the fingerprint of the
    request in an earlier version of the algorithm. The result is None if releases with that version would have
    rejected the request.
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

        A fingerprint of a later version cannot be verified and counts as equal. If the retry were rejected
        instead, the client would send a new key, and the operation would run twice.
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

    None means that the record contains no personal data, or only personal data of the record's principal.
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

        The call waits for other units of work that have claimed one of the keys. Keys are claimed in one fixed
        sequence, which rules out deadlocks. A claim writes to the database even if it finds a result. The
        replay is therefore returned only after the commit of the first request is durable. A scope can occur in
        `keys` more than once. Raises IdempotencyInFlight.
        """
        ...

    async def find_in_shared_scope(self, key: IdempotencyKey, result_type: type[V]) -> StoredResult[V] | None:
        """Return the result that release 6daf4a4 stored for the same anonymous request.

        That release stored the keys of all anonymous callers in one scope. This method writes in the same way
        as `claim`.
        """
        ...

    async def store(self, results: Mapping[IdempotencyKey, object]) -> None:
        """Store the results of keys.

        A claimed key without a result can be claimed again after the commit. A key that was not claimed gets a new
        record. Raises IdempotencyRecordExists if another unit of work has stored a result for a key that was not
        claimed. This error may be delayed: it is raised by this call or by a later call, at the latest by `flush` or
        `commit`. The call first waits for other units of work that are storing a result for the key. Raises
        Overloaded if the wait takes too long.
        """
        ...


class IdempotencyRecordStore(PrunableRecords, Protocol):
    """Idempotency records outside of any unit of work."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` records older than `before`, oldest first.

        Returns the number of deleted records. A number below `limit` means that no record older than `before` is
        left, except records that are being replayed.
        """
        ...
