"""Shipping addresses."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.shared.errors import Violation
from domain.shared.text import TextRule

RECIPIENT = TextRule(min_length=1, max_length=200)
ADDRESS_LINE = TextRule(min_length=1, max_length=200)
CITY = TextRule(min_length=1, max_length=100)
REGION = TextRule(min_length=1, max_length=100)
POSTAL_CODE = TextRule(min_length=1, max_length=20)
COUNTRY = TextRule(min_length=2, max_length=2, pattern=r"^[A-Z]{2}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address. `country` is a code of ISO 3166-1 alpha-2."""

    name: str
    line1: str
    line2: str | None
    city: str
    region: str | None
    postal_code: str | None
    country: str

    def violations(self, *path: str) -> Iterable[Violation]:
        """Yield the violations of an address. `path` is the location of the address in the command."""
        yield from RECIPIENT.violations(self.name, *path, "name")
        yield from ADDRESS_LINE.violations(self.line1, *path, "line1")
        yield from ADDRESS_LINE.violations(self.line2, *path, "line2")
        yield from CITY.violations(self.city, *path, "city")
        yield from REGION.violations(self.region, *path, "region")
        yield from POSTAL_CODE.violations(self.postal_code, *path, "postal_code")
        yield from COUNTRY.violations(self.country, *path, "country")
