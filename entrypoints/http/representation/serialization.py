"""JSON of views that are read most, without a response model."""

from typing import Any

from pydantic import TypeAdapter
from pydantic_core import SchemaSerializer, to_json

from entrypoints.http.representation.pagination import PageResult

_serializers: dict[type, SchemaSerializer] = {}


def serialize(view: object) -> bytes:
    """Return the JSON of a view, which has the fields of its response model.

    Validating again what the domain has made takes longer than serializing it. For each such view a test compares the
    result with its response model's.
    """
    serializer = _serializers.get(type(view))
    if serializer is None:
        adapter: TypeAdapter[Any] = TypeAdapter(type(view))
        # Made with the first view of its type; the adapter's own method is a third slower.
        serializer = _serializers[type(view)] = adapter.serializer
    return serializer.to_json(view)


def serialize_page(page: PageResult[Any]) -> bytes:
    """Return the JSON of a page of such views, as PageResponse has it."""
    items = b",".join(map(serialize, page.items))
    return b'{"items":[%b],"next_cursor":%b}' % (items, to_json(page.next_cursor))
