"""The page of the docs that shows the life of an order, made from the table that orders live by."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from domain.orders.lifecycle import TRANSITIONS, OrderStatus, Party, Transition

_INTRODUCTION = """\
# The life of an order

Made by `make docs` from `domain/orders/lifecycle.py`, where it is data: what an order permits, what it offers as
`allowed_actions`, and what a 409 `invalid_transition` tells all come from there.
"""
_MEANING = """\
Each row but `pay`, which only asks a provider, is one row of the order's history, with who did it, when, why and in
which request, and one event. `if` is asked when the action has done its part: `fulfil` leads to `fulfilled` with the
last unit. Where nobody asks, the shop acts by itself: when a provider has told something, or when time has passed.
Everything else is refused with 409 `invalid_transition`, and `params` with `from`, `action` and `allowed_actions`.
"""
_COLUMNS = ("action", "from", "to", "if", "who asks", "event", "may bring along")


def lifecycle_page() -> str:
    """Return the page, as Markdown with a Mermaid diagram."""
    return "\n".join([_INTRODUCTION, *_diagram(), "", *_table(), "", _MEANING])


def _diagram() -> Iterable[str]:
    """Yield the diagram. What always leaves an order in its status is only in the table."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    leading_on = {row.action for row in TRANSITIONS if row.source is not row.target}
    for row in TRANSITIONS:
        if row.action in leading_on:
            condition = _condition(row)
            label = f"{row.action}, if {condition}" if condition else row.action
            yield f"    {row.source or '[*]'} --> {row.target}: {label}"
    for status in _last(OrderStatus):
        yield f"    {status} --> [*]"
    yield "```"


def _last(statuses: Iterable[OrderStatus]) -> list[OrderStatus]:
    """Return those that nothing leads out of."""
    left = {row.source for row in TRANSITIONS if row.source is not row.target}
    return [status for status in statuses if status not in left]


def _table() -> Iterable[str]:
    yield _row(_COLUMNS)
    yield _row(["---"] * len(_COLUMNS))
    for _, alike in groupby(TRANSITIONS, key=_likeness):
        yield _row(_cells(list(alike)))


def _likeness(row: Transition) -> object:
    """Return what rows have in common that differ only in the status that they leave as it is."""
    is_in_place = row.source is row.target
    return row.action, row.event, row.guard, is_in_place or (row.source, row.target)


def _cells(alike: Sequence[Transition]) -> Iterable[str]:
    row = alike[0]
    is_any = len(alike) == len(OrderStatus)
    yield _code(row.action)
    yield "any" if is_any else ", ".join(_code(each.source) for each in alike)
    yield "the same" if row.source is row.target else _code(row.target)
    yield _condition(row)
    yield " or ".join(party for party in Party if party in row.parties)
    yield _code(row.event)
    yield ", ".join(map(_code, row.along))


def _condition(row: Transition) -> str:
    return row.guard.words if row.guard else "its hold has ended" if row.after_expiry else ""


def _code(word: str | None) -> str:
    return f"`{word}`" if word else ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
