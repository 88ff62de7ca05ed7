"""Fast serialization of the most frequently read views. No response model is used."""

from typing import Any

from pydantic import TypeAdapter
from pydantic_core import SchemaSerializer, to_json

from entrypoints.http.representation.pagination import PageResult

_serializers: dict[type, SchemaSerializer] = {}


def serialize(view: object) -> bytes:
    """Serialize a view that has the fields of its response model.

    The view is not validated, because validation takes longer than serialization. For each such view, a test
    compares the result with the result of the response model.
    """
    serializer = _serializers.get(type(view))
    if serializer is None:
        adapter: TypeAdapter[Any] = TypeAdapter(type(view))
        # The serializer is created for the first view of its type, because the adapter's `dump_json` takes a
        # third longer.
        serializer = _serializers[type(view)] = adapter.serializer
    return serializer.to_json(view)


def serialize_page(page: PageResult[Any]) -> bytes:
    """Serialize a page of views in the format of PageResponse.

    The views have the fields of their response model.
    """
    items = b",".join(map(serialize, page.items))
    return b'{"items":[%b],"next_cursor":%b}' % (items, to_json(page.next_cursor))
