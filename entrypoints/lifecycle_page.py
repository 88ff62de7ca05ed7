"""Generate docs/lifecycle.md from the lifecycle table of orders."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from domain.orders.lifecycle import TRANSITIONS, OrderStatus, Party, Transition
from domain.orders.order_return import RETURN_TRANSITIONS

_INTRODUCTION = """\
# Order lifecycle

`make docs` generates this page from the table in `domain/orders/lifecycle.py`. This table determines the actions that an
order accepts, the `allowed_actions` of an order, and the `params` of the response 409 `invalid_transition`.
"""
_MEANING = """\
Every action adds one row to the order's history (actor, time, reason and request id) and one event. The actions `pay`,
`capture` and `void` are exceptions. These three actions call the payment provider. The history records only the answer
of the provider.

A condition applies to the state of the order after the action. For example, an order becomes `fulfilled` when its last
unit is shipped. If the table names no caller, the action is never in `allowed_actions`. The service performs most of
these actions itself, after a message of the payment provider or at a due time. If the table does not permit an action in
the status of the order, the service rejects the action with 409 `invalid_transition`. The `params` of this response are
`from`, `action` and `allowed_actions`.
"""
_RETURNS = """\
## Returns

The status of a return is independent of the status of the order. Staff perform the actions in this table. Each action
adds a row to the order's history.

| action | from | to |
| --- | --- | --- |
"""
_COLUMNS = ("action", "from", "to", "condition", "caller", "event", "possible additional events")


def lifecycle_page() -> str:
    """Return the page as Markdown with a Mermaid diagram."""
    return "\n".join(
        [_INTRODUCTION, *_diagram(), "", *_table(), "", _MEANING, _RETURNS + "".join(_return_rows())]
    )


def _diagram() -> Iterable[str]:
    """Yield the lines of the diagram.

    Actions that never change the status are shown only in the page's table.
    """
    yield "```mermaid"
    yield "stateDiagram-v2"
    leading_on = {row.action for row in TRANSITIONS if row.source is not row.target}
    for row in TRANSITIONS:
        if row.action in leading_on:
            condition = _condition(row)
            label = f"{row.action}, if {condition}" if condition else row.action
            yield f"    {row.source or '[*]'} --> {row.target}: {label}"
    for status in _final(OrderStatus):
        yield f"    {status} --> [*]"
    yield "```"


def _final(statuses: Iterable[OrderStatus]) -> list[OrderStatus]:
    """Return the statuses without a transition to another status."""
    left = {row.source for row in TRANSITIONS if row.source is not row.target}
    return [status for status in statuses if status not in left]


def _table() -> Iterable[str]:
    yield _row(_COLUMNS)
    yield _row(["---"] * len(_COLUMNS))
    for _, alike in groupby(TRANSITIONS, key=_grouping_key):
        yield _row(_cells(list(alike)))


def _grouping_key(row: Transition) -> object:
    """Return the key by which transitions are grouped. Each group becomes one row of the page's table.

    Transitions that do not change the order's status are grouped even if they apply to different statuses.
    """
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


def _return_rows() -> Iterable[str]:
    for (source, action), target in RETURN_TRANSITIONS.items():
        yield _row([_code(action), _code(source), _code(target)]) + "\n"


def _condition(row: Transition) -> str:
    return row.guard.words if row.guard else "its hold has ended" if row.after_expiry else ""


def _code(word: str | None) -> str:
    return f"`{word}`" if word else ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
