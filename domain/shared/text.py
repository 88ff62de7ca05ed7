"""Rules for text that people and programs send. Entities check them in their verbs; HTTP schemas are made from them.

Text is stored as it was sent: no rule normalizes it, so that a client reads back what it wrote. Search, e-mail addresses
and passwords have normalized forms of their own. Loading from rows checks nothing, since a rule may have changed since.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.shared.errors import ValidationFailed, Violation

ANY_TEXT = r"^[^\x00]*$"
"""PostgreSQL cannot store U+0000 in a text."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""U+0000, and surrogates, which have no UTF-8 form."""


@dataclass(frozen=True, slots=True)
class TextRule:
    """What a text may be. Lengths are in Unicode code points; `pattern` is anchored, as in JSON Schema."""

    max_length: int
    min_length: int = 0
    pattern: str = ANY_TEXT

    def violations(self, value: str | None, *path: str | int) -> Iterable[Violation]:
        """Yield the rule that a value at a path breaks, if it breaks one. None is a field that was left out."""
        if value is None:
            return
        if len(value) > self.max_length:
            yield Violation(
                path,
                "too_long",
                f"The greatest length is {self.max_length}.",
                {"max_length": self.max_length},
            )
        elif len(value) < self.min_length:
            yield Violation(
                path, "too_short", f"The least length is {self.min_length}.", {"min_length": self.min_length}
            )
        elif _UNSTORABLE.search(value) or not re.fullmatch(self.pattern.removesuffix("$"), value):
            yield Violation(path, "invalid_format", "This does not have the form that is asked for.")


def ensure_valid(violations: Iterable[Violation]) -> None:
    """Raise ValidationFailed, naming every violation, if there are any."""
    broken = tuple(violations)
    if broken:
        raise ValidationFailed("Some texts break a rule.", violations=broken)


def entry_violations(
    entries: Mapping[str, str | None], keys: TextRule, values: TextRule, field: str
) -> Iterable[Violation]:
    """Yield the rules that the keys and values of a mapping break. A path names the field: keys are the client's text."""
    for key, value in entries.items():
        yield from keys.violations(key, field)
        yield from values.violations(value, field)
