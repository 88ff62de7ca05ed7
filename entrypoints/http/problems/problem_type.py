"""Problem types: the static description of each problem code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemType:
    """One code of the registry: a problem type of RFC 9457, section 4.

    Developers of API clients read `meaning` and `remedy`. `meaning` explains the problem, and `remedy` explains how
    to solve it. `detail`, `errors` and `params` are an example of an occurrence. `headers` are the names of the
    headers in the response.
    """

    code: str
    status: int
    title: str
    meaning: str
    remedy: str
    detail: str | None
    errors: Sequence[Mapping[str, Any]] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """The problem's `type`: the page that explains the code, relative to the service's root."""
        return f"/problems/{self.code}"
