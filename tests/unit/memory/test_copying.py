from dataclasses import dataclass

from adapters.memory.core.copying import copied


@dataclass(frozen=True, slots=True)
class Price:
    amount: int


@dataclass(slots=True)
class Line:
    price: Price
    quantity: int


@dataclass(slots=True)
class Basket:
    lines: list[Line]
    notes: dict[str, str]


def test_change_of_a_copied_entity_does_not_change_the_original() -> None:
    basket = Basket([Line(Price(1), 1)], {"a": "b"})
    copy = copied(basket)
    copy.lines[0].quantity = 2
    copy.lines.append(Line(Price(2), 1))
    copy.notes.clear()
    assert basket == Basket([Line(Price(1), 1)], {"a": "b"})


def test_immutable_values_of_an_entity_are_not_copied() -> None:
    line = Line(Price(1), 1)
    assert copied(line).price is line.price
