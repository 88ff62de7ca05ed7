"""The JSON of stored results.

The former release also reads this JSON, during a rolling upgrade and after a downgrade.
"""

import json
from dataclasses import replace
from functools import cache
from typing import TypeVar

from adapters import json_text
from application.orders.views import OrderView
from domain.orders.lifecycle import Action

T = TypeVar("T")

ACTIONS_OF_RELEASE_2 = frozenset(
    {
        Action.PAY,
        Action.CAPTURE,
        Action.VOID,
        Action.CANCEL,
        Action.FULFILL,
        Action.REFUND,
    }
)
"""The actions that release 2 can read.

Release 2 responds to a retry with 500 if the stored result contains another action.
"""

_ACTIONS = "allowed_actions"
_ALL_ACTIONS = "all_actions"
"""The field with all `allowed_actions` of an order. Release 2 ignores this field."""


def to_stored_json(result: object) -> str:
    """Return a result as JSON text that this release and the former release can read."""
    if not isinstance(result, OrderView) or ACTIONS_OF_RELEASE_2.issuperset(result.allowed_actions):
        return json_text.to_json(result)
    text = json_text.to_json(result, without={_ACTIONS})
    return f"{text[:-1]},{_actions_json(result.allowed_actions)}}}"


@cache
def _actions_json(actions: tuple[Action, ...]) -> str:
    """Return two JSON fields: the actions that release 2 knows, and all actions.

    The result is cached, because every placed order has the same actions.
    """
    former = [action for action in actions if action in ACTIONS_OF_RELEASE_2]
    return f'"{_ACTIONS}":{json.dumps(former)},"{_ALL_ACTIONS}":{json.dumps(actions)}'


def from_stored_json(text: str, type_: type[T]) -> T:
    """Return a result that this or another release has stored.

    Raises the errors of `json_text.from_stored_json`.
    """
    result = json_text.from_stored_json(text, type_)
    if isinstance(result, OrderView) and f'"{_ALL_ACTIONS}"' in text:
        known = set(Action)
        stored = json.loads(text).get(_ALL_ACTIONS, result.allowed_actions)
        return replace(result, allowed_actions=tuple(Action(name) for name in stored if name in known))
    return result
