"""All event types that the shop publishes."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from domain.catalog import product as _product
from domain.catalog import stock as _stock
from domain.orders import events as _orders
from domain.orders import payment_events as _payments
from domain.shared.events import Event
from domain.users import user as _user
from domain.webhooks import events as _webhooks

_HOMES = (_orders, _payments, _product, _stock, _user, _webhooks)
"""The modules that define events."""


def _kinds() -> Iterator[type[Event]]:
    for home in _HOMES:
        for thing in vars(home).values():
            if isinstance(thing, type) and issubclass(thing, Event) and "type" in vars(thing):
                yield thing


EVENT_TYPES: Mapping[str, type[Event]] = MappingProxyType(
    {kind.type: kind for kind in sorted(_kinds(), key=lambda kind: kind.type)}
)
"""Event classes by event type."""
