"""Reading of path, query, header and cookie parameters by FastAPI's rules."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from fastapi.params import Param
from starlette.requests import Request

from entrypoints.http.routing.fastapi_internals import (
    Dependant,
    ModelField,
    get_missing_field_error,
    has_one_value,
    request_params_to_args,
)

Errors = Sequence[Any]
ReadParameter = Callable[[Request], tuple[Any, Errors]]
"""A function that returns a parameter's value and its validation errors."""

_NONE: Errors = ()
_IMMUTABLE = (str, int, float, bool, bytes, type(None))


def parameter_readers(dependant: Dependant) -> Iterator[tuple[str, ReadParameter]]:
    """Yield the reader and the argument name of each parameter, in the same sequence as FastAPI."""
    for fields, source in (
        (dependant.path_params, _path),
        (dependant.query_params, _query),
        (dependant.header_params, _headers),
        (dependant.cookie_params, _cookies),
    ):
        for field in fields:
            yield field.name, _reader(field, source)


def _path(request: Request) -> Mapping[str, Any]:
    return request.path_params


def _query(request: Request) -> Mapping[str, Any]:
    return request.query_params


def _headers(request: Request) -> Mapping[str, Any]:
    return request.headers


def _cookies(request: Request) -> Mapping[str, Any]:
    return request.cookies


def _reader(field: ModelField, source: Callable[[Request], Mapping[str, Any]]) -> ReadParameter:
    info = field.field_info
    if has_one_value(field) and (
        info.is_required() or (isinstance(field.get_default(), _IMMUTABLE) and not info.validate_default)
    ):
        return _reader_of_one_value(field, source)

    def read(request: Request) -> tuple[Any, Errors]:
        values, errors = request_params_to_args([field], source(request))
        return values.get(field.name), errors

    return read


def _reader_of_one_value(field: ModelField, source: Callable[[Request], Mapping[str, Any]]) -> ReadParameter:
    alias, validate = field.alias, field.validate
    place = (cast(Param, field.field_info).in_.value, alias)
    is_required = field.field_info.is_required()
    default = None if is_required else field.get_default()
    # A converter of the path has already parsed this value.
    is_any_uuid = field.field_info.annotation is UUID and not field.field_info.metadata

    def read(request: Request) -> tuple[Any, Errors]:
        value = source(request).get(alias)
        if value is not None:
            if is_any_uuid and value.__class__ is UUID:
                return value, _NONE
            return validate(value, loc=place)
        if is_required:
            return None, (get_missing_field_error(place),)
        return default, _NONE

    return read
