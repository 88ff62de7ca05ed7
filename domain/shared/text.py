"""Rules for text from users and programs.

Entities check the rules in the methods that set a text, and the HTTP schemas are derived from the rules.

Text is stored without normalization, so that clients read exactly the text that they wrote. Only search, e-mail
addresses and passwords use normalized forms.

Text that is loaded from the database is not checked, because the rule may have changed after the text was
stored.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.shared.errors import ValidationFailed, Violation

ANY_TEXT = r"^[^\x00]*$"
"""PostgreSQL cannot store U+0000 in a text."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""U+0000 and surrogates. Surrogates cannot be encoded as UTF-8."""


@dataclass(frozen=True, slots=True)
class TextRule:
    """A rule for a text. Lengths count Unicode code points; `pattern` has explicit anchors."""

    max_length: int
    min_length: int = 0
    pattern: str = ANY_TEXT

    def violations(self, value: str | None, *path: str | int) -> Iterable[Violation]:
        """Yield a violation if the value breaks the rule. None stands for an omitted field."""
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
    """Raise ValidationFailed with all violations, if there are any."""
    broken = tuple(violations)
    if broken:
        raise ValidationFailed("Some texts break a rule.", violations=broken)


def entry_violations(
    entries: Mapping[str, str | None], keys: TextRule, values: TextRule, field: str
) -> Iterable[Violation]:
    """Yield the violations of the keys and values of a mapping.

    Paths contain the name of the mapping, not its keys, because keys are text from the client.
    """
    for key, value in entries.items():
        yield from keys.violations(key, field)
        yield from values.violations(value, field)
