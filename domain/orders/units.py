"""Units of an order's lines that a request ships, cancels, refunds or returns."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.orders.line import OrderLine
from domain.orders.order import Order
from domain.shared.errors import Param, ValidationFailed, Violation
from domain.shared.ids import LineId


class LineUnits(Protocol):
    """A number of units of a line."""

    @property
    def line_id(self) -> LineId: ...

    @property
    def quantity(self) -> int: ...


@dataclass(frozen=True, slots=True)
class SummedUnits:
    """The requested units of each line, and the violations.

    `exceeding` contains a violation for each line with too many units. `unknown` contains a violation for each line
    that does not exist.
    """

    units: Mapping[LineId, int]
    unknown: tuple[Violation, ...]
    exceeding: tuple[Violation, ...]

    def ensure_valid(self, message: str) -> Mapping[LineId, int]:
        """Return the requested units of each line.

        Raises ValidationFailed if there are violations, or if the request has no lines. The error lists every
        violation.
        """
        violations = sorted((*self.unknown, *self.exceeding), key=lambda violation: violation.path[1])
        if violations or not self.units:
            raise ValidationFailed(message, violations=violations)
        return self.units


def sum_units(
    order: Order,
    parts: Iterable[LineUnits],
    *,
    at_most: Callable[[OrderLine], int],
    exceeded: Callable[[OrderLine], tuple[str, str, Mapping[str, Param]]],
) -> SummedUnits:
    """Add up the requested units of each line.

    `at_most` returns the maximum number of units that can be requested of a line. If more units are requested,
    `exceeded` returns the code, the message and the parameters of the violation.
    """
    lines = {line.id: line for line in order.lines}
    unknown: list[Violation] = []
    exceeding: list[Violation] = []
    units: dict[LineId, int] = {}
    for position, part in enumerate(parts):
        line = lines.get(part.line_id)
        if line is None:
            path = ("lines", position, "line_id")
            unknown.append(Violation(path, "unknown_line", "The order has no such line."))
            continue
        units[line.id] = units.get(line.id, 0) + part.quantity
        if part.quantity < 1 or units[line.id] > at_most(line):
            exceeding.append(Violation(("lines", position, "quantity"), *exceeded(line)))
    return SummedUnits(units, tuple(unknown), tuple(exceeding))


def sum_units_to_ship(order: Order, parts: Iterable[LineUnits], *, code: str, message: str) -> SummedUnits:
    """Add up the requested units of each line, and compare them with the units left to ship.

    `code` and `message` describe the violation if more units of a line are requested than are left to ship.
    """

    def exceeded(line: OrderLine) -> tuple[str, str, Mapping[str, Param]]:
        params = {"ordered": line.quantity, "fulfilled": line.fulfilled, "cancelled": line.cancelled}
        return code, message, params

    return sum_units(order, parts, at_most=lambda line: line.left_to_ship, exceeded=exceeded)
