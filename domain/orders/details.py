"""The details of an order: texts that the customer can change until shipping begins."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Self

from domain.orders.address import Address
from domain.shared.errors import Violation
from domain.shared.text import TextRule, entry_violations
from domain.shared.unset import Unset

NOTE = TextRule(min_length=1, max_length=1000)
METADATA_KEY = TextRule(min_length=1, max_length=64)
METADATA_VALUE = TextRule(max_length=500)
MAX_METADATA = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanges:
    """Changes to the details of an order.

    A field that is UNSET does not change, and None clears a field. An address is replaced as a whole. In `metadata`,
    None removes a key, and keys that are not mentioned stay.
    """

    shipping_address: Address | Unset | None
    note: str | Unset | None
    metadata: Mapping[str, str | None] | Unset | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetails:
    shipping_address: Address | None
    note: str | None
    metadata: Mapping[str, str]

    def changed_by(self, changes: OrderChanges) -> Self:
        """Return the details after the changes. The result is not validated."""
        address, note = changes.shipping_address, changes.note
        return type(self)(
            shipping_address=self.shipping_address if isinstance(address, Unset) else address,
            note=self.note if isinstance(note, Unset) else note,
            metadata=_merged(self.metadata, changes.metadata),
        )

    def names_of_differences(self, other: Self) -> tuple[str, ...]:
        """Return the names of the fields whose values differ."""
        return tuple(
            each.name for each in fields(self) if getattr(self, each.name) != getattr(other, each.name)
        )

    def violations(self) -> Iterator[Violation]:
        if self.shipping_address:
            yield from self.shipping_address.violations("shipping_address")
        yield from NOTE.violations(self.note, "note")
        yield from entry_violations(self.metadata, METADATA_KEY, METADATA_VALUE, "metadata")
        if len(self.metadata) > MAX_METADATA:
            yield Violation(
                ("metadata",), "too_many", f"An order has at most {MAX_METADATA} entries of metadata."
            )


def _merged(before: Mapping[str, str], changes: Mapping[str, str | None] | Unset | None) -> Mapping[str, str]:
    if isinstance(changes, Unset):
        return before
    merged = {} if changes is None else {**before, **changes}
    return {name: value for name, value in merged.items() if value is not None}
