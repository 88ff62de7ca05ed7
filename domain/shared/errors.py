"""What the shop says no to, in words that a person can act on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

Param = str | int | bool | None | Sequence[str]


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule inside a command, at the place where it was broken.

    `path` names the field from the command's root, as in `("lines", 1, "quantity")`. `detail` is made from the
    rule, never from the value: it travels to clients and into logs.
    """

    path: tuple[str | int, ...]
    code: str
    detail: str
    params: Mapping[str, Param] = field(default_factory=dict)


class DomainError(Exception):
    """A refusal with a stable `code`, a sentence for people, and the places it concerns.

    Nothing of what was asked for has happened when it is raised. Every subclass's code stands in the registry of
    problems, which gives it an HTTP status.
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
    """The command can never work, in whatever state the shop is."""

    code = "validation_failed"


class NotFound(DomainError):
    """There is no such object, or none that the party may know of."""

    code = "not_found"


class Forbidden(DomainError):
    """The party's role does not permit this at all."""

    code = "forbidden"


class PreconditionFailed(DomainError):
    """The object has changed since the party last saw it; `current_version` is what it is now."""

    code = "precondition_failed"

    def __init__(self, current_version: int) -> None:
        super().__init__("The object has changed since you read it. Read it again and repeat your change.")
        self.current_version = current_version
