"""Frequent statements that SQLAlchemy compiles once and asyncpg executes."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import ARRAY, Select, TextualSelect
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from application.shared.errors import DatabaseUnavailable

Values = Sequence[Any]
"""The values of a row, in the sequence of the statement's columns."""

_DIALECT = dialect()  # type: ignore[no-untyped-call] # SQLAlchemy has no types for it
_Convert = Callable[[Any], Any]


class DriverStatement:
    """A statement that returns rows. SQLAlchemy compiles it at its first use.

    Executing a statement with asyncpg takes less than half of the CPU time that SQLAlchemy takes. Callers that must
    execute a statement with SQLAlchemy use the attribute `statement`. Numeric columns and expanding parameters are
    not supported.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]] | TextualSelect) -> None:
        self.statement = statement
        self._columns = statement.selected_columns

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._columns.keys())

    async def fetch(
        self, connection: PoolProxiedConnection, parameters: Mapping[str, object]
    ) -> Sequence[Values]:
        """Return all rows.

        Raises the errors of asyncpg. Raises DatabaseUnavailable if the connection is already closed.

        If an error does not come from the server, this method closes the connection, because the driver may still be
        reading the response to a canceled call.
        """
        driver: Any = connection.driver_connection
        try:
            records = await driver.fetch(self._compiled.string, *self._arguments(parameters))
        except PostgresError:
            raise
        except BaseException as error:
            is_closed = driver.is_closed()
            connection.invalidate()
            if isinstance(error, InterfaceError) and is_closed:
                raise DatabaseUnavailable from error
            raise
        return list(map(self._converted, records)) if self._result_conversions else records

    @cached_property
    def _compiled(self) -> SQLCompiler:
        compiled = self.statement.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)
        return compiled

    @cached_property
    def _parameters(self) -> Sequence[tuple[str, _Convert | None]]:
        types = {name: bind.type for name, bind in self._compiled.binds.items()}
        return [(name, _parameter_conversion(types[name])) for name in self._compiled.positiontup or ()]

    @cached_property
    def _result_conversions(self) -> Sequence[tuple[int, _Convert]]:
        return [
            (index, convert)
            for index, column in enumerate(self._columns)
            if (convert := _result_conversion(column.type)) is not None
        ]

    @cached_property
    def _constants(self) -> Mapping[str, object]:
        """The parameters whose values the statement itself contains."""
        return {name: value for name, value in self._compiled.params.items() if value is not None}

    def _arguments(self, parameters: Mapping[str, object]) -> list[object]:
        values = {**self._constants, **parameters}
        return [
            values[name] if convert is None else convert(values[name]) for name, convert in self._parameters
        ]

    def _converted(self, record: Values) -> Values:
        values = list(record)
        for index, convert in self._result_conversions:
            values[index] = convert(values[index])
        return values


def _parameter_conversion(kind: TypeEngine[Any]) -> _Convert | None:
    """Return SQLAlchemy's function that converts a parameter for the driver, or None."""
    if isinstance(kind, ARRAY) and _parameter_conversion(kind.item_type) is None:
        return None  # SQLAlchemy's conversion would copy the list without need.
    return kind.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def _result_conversion(kind: TypeEngine[Any]) -> _Convert | None:
    """Return SQLAlchemy's function that converts a value from the driver, or None."""
    if isinstance(kind, ARRAY) and _result_conversion(kind.item_type) is None:
        return None  # SQLAlchemy's conversion would copy the list without need.
    return kind.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
