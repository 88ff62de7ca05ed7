"""Views that are asked for all the time, as the JSON of their response models."""

from typing import Any

from pydantic import TypeAdapter
from pydantic_core import SchemaSerializer, to_json

from entrypoints.http.representation.pagination import PageResult

_serializers: dict[type, SchemaSerializer] = {}


def written(view: object) -> bytes:
    """Return what the view's response model would write, without making one: it has the view's own fields.

    To check again what the domain has made takes longer than to write it. That both ways say the same is tested for
    each view that goes this one.
    """
    serializer = _serializers.get(type(view))
    if serializer is None:
        adapter: TypeAdapter[Any] = TypeAdapter(type(view))
        # Made beside the first request of its kind; the adapter's own method is a third slower.
        serializer = _serializers[type(view)] = adapter.serializer
    return serializer.to_json(view)


def written_page(portion: PageResult[Any]) -> bytes:
    """Return a page of such views, as PageResponse has it."""
    items = b",".join(map(written, portion.items))
    return b'{"items":[%b],"next_cursor":%b}' % (items, to_json(portion.next_cursor))
