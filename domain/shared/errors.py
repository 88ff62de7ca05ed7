"""Domain errors. Each message explains to people how to correct the request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

Param = str | int | bool | None | Sequence[str]


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule in a command, with its location.

    `path` leads from the root of the command to the field, as in `("lines", 1, "quantity")`. `detail` describes the
    rule and never contains the value, because `detail` is sent to clients and written to logs.
    """

    path: tuple[str | int, ...]
    code: str
    detail: str
    params: Mapping[str, Param] = field(default_factory=dict)


class DomainError(Exception):
    """A domain error with a stable `code`, a message for people, and the violations.

    A command that raises a DomainError has changed nothing. The registry of problems maps each code to an HTTP
    status.
    """

    code: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        violations: Sequence[Violation] = (),
        params: Mapping[str, Param] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.violations = tuple(violations)
        self.params = dict(params or {})


class ValidationFailed(DomainError):
    """The command itself is invalid. A retry of the same command always fails."""

    code = "validation_failed"


class NotFound(DomainError):
    """The object does not exist, or its existence is hidden from the caller."""

    code = "not_found"


class Forbidden(DomainError):
    """The caller's role does not permit the operation."""

    code = "forbidden"


class PreconditionFailed(DomainError):
    """The object has changed since the caller read it; `current_version` is its version now."""

    code = "precondition_failed"

    def __init__(self, current_version: int) -> None:
        super().__init__("The object has changed since you read it. Read it again and repeat your change.")
        self.current_version = current_version
