"""Values for every field of an aggregate, so that a test can compare what is stored and what is read."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from itertools import count
from typing import Any, get_args, get_type_hints
from uuid import UUID

import pytest

from domain.catalog.product import ProductDetails
from domain.orders.guest import Guest
from domain.shared.money import Money
from domain.users.email_address import EmailAddress
from domain.users.permissions import Role
from domain.users.user import User, UserStatus
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


class Values:
    """Creates a value for each type. All values are distinct."""

    def __init__(self, shop: Shop) -> None:
        self._numbers = count(11)
        self._by_type: Mapping[object, Callable[[str], object]] = {
            str: lambda name: f"{name}-{self._next()}",
            int: lambda _: self._next(),
            bool: lambda _: True,
            bytes: lambda _: self._next().to_bytes(32, "big"),
            Mapping[str, str]: lambda name: {name: f"{name}-{self._next()}"},
            ProductDetails: lambda _: self.fill(ProductDetails),
            datetime: lambda _: NOW + timedelta(seconds=self._next()),
            dict[str, str]: lambda name: {name: f"{name}-{self._next()}"},
            Money: lambda _: Money(self._next(), "EUR"),
            Guest: lambda _: self.fill(Guest),
            EmailAddress: lambda _: EmailAddress.of(f"Someone-{self._next()}", "example.com"),
            UUID: lambda _: shop.ids.new(),
        }

    def _next(self) -> int:
        return next(self._numbers)

    def fill(self, kind: type[Any], **given: Any) -> Any:
        """Create an object with a value in every field.

        Fails if a field has no value, or if the value is the default of the field.
        """
        hints = get_type_hints(kind)
        values = {
            field.name: given[field.name] if field.name in given else self._value(hints[field.name], field)
            for field in fields(kind)
            if field.init
        }
        for field in fields(kind):
            if field.init:
                assert values[field.name] not in _defaults_of(field), (
                    f"{kind.__name__}.{field.name}: give a value"
                )
        return kind(**values)

    def change(self, entity: Any, *, constant: Collection[str], **given: Any) -> None:
        """Give every field a new value, except the constant fields."""
        hints = get_type_hints(type(entity))
        for field in fields(entity):
            if field.init and field.name not in constant:
                former = getattr(entity, field.name)
                value = given[field.name] if field.name in given else self._value(hints[field.name], field)
                if isinstance(former, bool) and field.name not in given:
                    value = not former
                assert value != former, f"{type(entity).__name__}.{field.name}: give another value"
                setattr(entity, field.name, value)

    def _value(self, hint: Any, field: "Field[Any]") -> object:
        """Return a value for a field whose type is plain, optional or a NewType."""
        declared = get_args(hint)[0] if type(None) in get_args(hint) else hint
        declared = getattr(declared, "__supertype__", declared)
        if isinstance(declared, type) and issubclass(declared, StrEnum):
            return list(declared)[-1]
        if declared not in self._by_type:
            pytest.fail(f"{field.name} is {hint}: give a value in this test.")
        return self._by_type[declared](field.name)


def _defaults_of(field: "Field[Any]") -> list[object]:
    defaults: list[object] = [None, "", {}, (), [], 0]
    if field.default is not MISSING:
        defaults.append(field.default)
    return defaults


def content(thing: object) -> object:
    """Return the fields of a dataclass and of all nested dataclasses, so that two objects can be compared."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {field.name: content(getattr(thing, field.name)) for field in fields(thing) if field.init}
    if isinstance(thing, list | tuple):
        return [content(item) for item in thing]
    return thing if not isinstance(thing, Enum) else thing.value


async def add_user(shop: Shop, values: Values) -> User:
    user: User = values.fill(User, role=Role.STAFF, status=UserStatus.DISABLED)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.users.add(user)
        await work.commit()
    return user
