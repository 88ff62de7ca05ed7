"""Fast serialization of the most frequently read views. No response model is used."""

from typing import Any

from pydantic import TypeAdapter
from pydantic_core import SchemaSerializer, core_schema, to_json

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
        # `TypeAdapter.dump_json` takes a third longer than a SchemaSerializer, so one SchemaSerializer is created for
        # each type.
        serializer = _serializers[type(view)] = SchemaSerializer(_with_text(adapter.core_schema))
    return serializer.to_json(view)


def _with_text(schema: Any) -> Any:  # noqa: ANN401 - pydantic's schemas are nested arbitrarily
    """Return the schema with a change: UUIDs and text enumerations are serialized as text.

    For these types, pydantic's own serializers call Python functions. These calls take almost half of the time of
    serializing an order.
    """
    if isinstance(schema, list):
        return [_with_text(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "uuid":
        return {**schema, "serialization": core_schema.to_string_ser_schema()}
    if schema.get("type") == "enum" and schema.get("sub_type") == "str":
        return core_schema.str_schema(ref=schema.get("ref"))
    return {key: _with_text(member) for key, member in schema.items()}


def serialize_page(page: PageResult[Any]) -> bytes:
    """Serialize a page of views in the format of PageResponse.

    The views have the fields of their response model.
    """
    items = b",".join(map(serialize, page.items))
    return b'{"items":[%b],"next_cursor":%b}' % (items, to_json(page.next_cursor))
