"""Find breaking changes: differences between two API documents that break clients of the former document.

Both documents are OpenAPI or AsyncAPI documents.

Requests that are valid in the former document must stay valid. Responses must match the former document, but objects
in responses can have additional properties.

Descriptions, examples and the names of schemas are ignored. Bounds and patterns are compared only in requests.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_Pairs = frozenset[tuple[str | int, str | int]]
_ANNOTATIONS = {
    "title",
    "description",
    "default",
    "example",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
}


def breaking_changes(former: Json, present: Json) -> list[str]:
    """Return one sentence for each breaking change.

    An example is `get_order 200 .status: a new value "lost"`.
    """
    present_operations = dict(_operations(present))
    changes: list[str] = []
    for address, operation in _operations(former):
        name = operation["operationId"]
        if address not in present_operations:
            changes.append(f"{name}: {address} is gone")
            continue
        comparison = _Comparison(former, present)
        changes += (f"{name} {change}" for change in comparison.of(operation, present_operations[address]))
    return sorted(set(changes))


def breaking_event_changes(former: Json, present: Json) -> list[str]:
    """Return the breaking changes of events between two AsyncAPI documents.

    The comparison includes the envelope and the `data` of the events.
    """
    comparison = _Schemas(present, former, is_request=False)
    known, shown = former["components"]["schemas"], present["components"]["schemas"]
    changes: list[str] = []
    for name in ("CloudEvent", *former["components"]["messages"]):
        if name in shown:
            changes += comparison.changes(shown[name], known[name], name)
        else:
            changes.append(f"{name}: is gone")
    return sorted(set(changes))


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


@dataclass(frozen=True, slots=True)
class _Comparison:
    former: Json
    present: Json

    def of(self, former: Json, present: Json) -> Iterator[str]:
        """Yield the breaking changes of one operation."""
        if former["operationId"] != present["operationId"]:
            yield f"has another operationId: {present['operationId']}"
        yield from _security(former, present)
        yield from self._parameters(former, present)
        yield from self._body(former.get("requestBody", {}), present.get("requestBody", {}))
        for status, response in former["responses"].items():
            if status not in present["responses"]:
                yield f"{status} is gone"
                continue
            shown = present["responses"][status]
            yield from (
                f"{status}: the header {name} is gone"
                for name in response.get("headers", {})
                if name not in shown.get("headers", {})
            )
            yield from self._content(
                status, response.get("content", {}), shown.get("content", {}), self._shown
            )

    def _parameters(self, former: Json, present: Json) -> Iterator[str]:
        known = {(item["in"], item["name"].lower()): item for item in former.get("parameters", [])}
        accepted = {(item["in"], item["name"].lower()): item for item in present.get("parameters", [])}
        for key, parameter in known.items():
            place = f"{key[0]} parameter {parameter['name']}"
            if key not in accepted:
                yield f"{place}: is gone"
            else:
                yield from self._accepted(parameter["schema"], accepted[key]["schema"], place)
        for key, parameter in accepted.items():
            if parameter.get("required") and not known.get(key, {}).get("required"):
                yield f"{key[0]} parameter {parameter['name']}: is required now"

    def _body(self, former: Json, present: Json) -> Iterator[str]:
        if present.get("required") and not former.get("required"):
            yield "request: the body is required now"
        yield from self._content(
            "request", former.get("content", {}), present.get("content", {}), self._accepted
        )

    def _content(
        self, place: str, former: Json, present: Json, compare: Callable[[Json, Json, str], Iterator[str]]
    ) -> Iterator[str]:
        for media_type, described in former.items():
            if media_type not in present:
                yield f"{place}: {media_type} is gone"
            else:
                yield from compare(described.get("schema", {}), present[media_type].get("schema", {}), place)

    def _accepted(self, former: Json, present: Json, place: str) -> Iterator[str]:
        return _Schemas(self.former, self.present, is_request=True).changes(former, present, place)

    def _shown(self, former: Json, present: Json, place: str) -> Iterator[str]:
        return _Schemas(self.present, self.former, is_request=False).changes(present, former, place)


def _security(former: Json, present: Json) -> Iterator[str]:
    """Yield each authentication method that was removed or needs another scope.

    The method `{}` is access without a token.
    """
    allowed = present.get("security") or [{}]
    for way in former.get("security") or [{}]:
        if {} not in allowed and not any(
            other.keys() == way.keys() and all(set(other[name]) <= set(way[name]) for name in way)
            for other in allowed
        ):
            yield f"security: {way or 'no token'} is no longer enough"


@dataclass(frozen=True, slots=True)
class _Schemas:
    """A comparison of two schemas: the outer schema must permit all values of the inner schema.

    In a request the inner schema is the former schema. In a response the inner schema is the current schema.
    """

    inner_document: Json
    outer_document: Json
    is_request: bool

    def changes(self, inner: Json, outer: Json, place: str, outside: _Pairs = frozenset()) -> Iterator[str]:
        """Yield the breaking changes.

        `outside` contains the pairs of schemas whose comparison has begun but not ended. These pairs are not compared
        again, so that the comparison of recursive schemas ends.
        """
        pair = (inner.get("$ref", id(inner)), outer.get("$ref", id(outer)))
        if pair in outside:
            return
        choices = list(_alternatives(outer, self.outer_document))
        for alternative in _alternatives(inner, self.inner_document):
            found = [
                list(self._alternative(alternative, choice, place, outside | {pair})) for choice in choices
            ]
            yield from min(found, key=len)

    def _alternative(self, inner: Json, outer: Json, place: str, outside: _Pairs) -> Iterator[str]:
        if not outer.keys() - _ANNOTATIONS:
            return  # the outer schema permits every value
        types = (inner.get("type"), outer.get("type"))
        if types[0] != types[1] and types != ("integer", "number"):
            yield f"{place}: {self._instead_of(*types)}"
            return
        yield from self._values(inner, outer, place)
        if self.is_request:
            yield from _bounds(inner, outer, place)
        if outer.get("format") != inner.get("format") and (outer.get("format") or not self.is_request):
            yield f"{place}: format {self._instead_of(inner.get('format'), outer.get('format'))}"
        if "items" in outer:
            yield from self.changes(inner.get("items", {}), outer["items"], f"{place}[]", outside)
        yield from self._properties(inner, outer, place, outside)

    def _values(self, inner: Json, outer: Json, place: str) -> Iterator[str]:
        allowed, used = _enumerated(outer), _enumerated(inner)
        if allowed is None:
            return
        if used is None:
            yield (
                f"{place}: only {allowed} from now on"
                if self.is_request
                else f"{place}: may have other values now"
            )
            return
        for value in used:
            if value not in allowed:
                yield f"{place}: the value {value!r} {'is gone' if self.is_request else 'is new'}"

    def _properties(self, inner: Json, outer: Json, place: str, outside: _Pairs) -> Iterator[str]:
        former, present = (inner, outer) if self.is_request else (outer, inner)
        known, shown = former.get("properties", {}), present.get("properties", {})
        for name in known:
            if name not in shown:
                yield f"{place}.{name}: is gone"
            else:
                sides = (known[name], shown[name]) if self.is_request else (shown[name], known[name])
                yield from self.changes(*sides, f"{place}.{name}", outside)
        for name in outer.get("required", []):
            if name not in inner.get("required", []) and (self.is_request or name in shown):
                yield f"{place}.{name}: {'is required now' if self.is_request else 'can be absent now'}"
        values = (inner.get("additionalProperties"), outer.get("additionalProperties"))
        if isinstance(values[0], Mapping) and isinstance(values[1], Mapping):
            yield from self.changes(values[0], values[1], f"{place}.*", outside)

    def _instead_of(self, inner: object, outer: object) -> str:
        former, present = (inner, outer) if self.is_request else (outer, inner)
        return f"{present} instead of {former}"


def _alternatives(schema: Json, document: Json) -> Iterator[Json]:
    """Resolve references and unions. A value has to match one of the yielded schemas."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        yield from _alternatives(document["components"]["schemas"][name], document)
    elif union := schema.get("anyOf") or schema.get("oneOf"):
        for part in union:
            yield from _alternatives(part, document)
    elif len(schema.get("allOf", [])) == 1:
        yield from _alternatives(schema["allOf"][0], document)
    elif isinstance(types := schema.get("type"), list):
        for type_ in types:
            yield {**schema, "type": type_}
    else:
        yield schema


def _enumerated(schema: Json) -> Sequence[Any] | None:
    """Return the complete list of values of a schema, or None if other values are possible."""
    if "const" in schema:
        return [schema["const"]]
    values: Sequence[Any] | None = schema.get("enum")
    return values


def _bounds(inner: Json, outer: Json, place: str) -> Iterator[str]:
    for name in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        if name in outer and (
            name not in inner
            or (outer[name] > inner[name] if name in _LOWER_BOUNDS else outer[name] < inner[name])
        ):
            yield f"{place}: {name} {outer[name]} instead of {inner.get(name)}"
    if "pattern" in outer and outer["pattern"] != inner.get("pattern"):
        yield f"{place}: another pattern"
