"""Prices in major units, as spreadsheets write them: 1,999.00 or 1.999,00.

In a file, either all prices or no prices have decimals. Otherwise a price without decimals would be ambiguous: major
units or minor units.
"""

import re
from functools import cache

from domain.shared.currency import EXPONENTS
from entrypoints.catalog_file.complaints import BadRow

_SPACES = " '\u00a0\u2019\u202f"
"""Separators of thousands: spaces and apostrophes. Prices with a decimal comma or a decimal point can contain them.
"""


def has_decimals(cell: str, *, comma: bool) -> bool:
    """Return whether a cell is a number with decimals.

    If `comma` is set, the decimal separator is a comma. Otherwise it is a point.
    """
    return _pattern(comma).fullmatch(cell.strip()) is not None


def minor_units(cell: str, currency: str, *, comma: bool) -> object:
    """Return the minor units of a price, or the cell itself if the cell is not a price.

    Raises BadRow if the price does not have the currency's number of decimals.
    """
    if not cell or currency not in EXPONENTS:
        return cell or None
    exponent = EXPONENTS[currency]
    price = _pattern(comma).fullmatch(cell.strip())
    if price is None:
        if re.fullmatch(r"[0-9]{1,18}", cell):
            if exponent == 0:
                return int(cell)
            raise BadRow(f"The price has no decimals, but others in the file do. Write {exponent} decimals.")
        return cell
    decimals = price["decimals"]
    if len(decimals) != exponent:
        raise BadRow(f"The price has {len(decimals)} decimals, and {currency} has {exponent}.")
    return int(re.sub("[^0-9]", "", price["whole"]) + decimals)


@cache
def _pattern(comma: bool) -> re.Pattern[str]:
    decimal, thousands = (",", f".{_SPACES}") if comma else (".", f",{_SPACES}")
    whole = f"[0-9]{{1,15}}|[0-9]{{1,3}}(?:(?P<separator>[{thousands}])[0-9]{{3}}(?:(?P=separator)[0-9]{{3}}){{0,4}})"
    return re.compile(rf"(?P<whole>{whole}){re.escape(decimal)}(?P<decimals>[0-9]{{1,4}})", re.ASCII)
