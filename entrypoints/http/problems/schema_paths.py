"""Paths into a request body. The parts of a path are names from the schema or names from the client."""

from collections.abc import Sequence
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from pydantic import MISSING, BaseModel, SecretStr


def declared_part(annotation: Any, path: Sequence[str | int]) -> list[str | int]:  # noqa: ANN401 - accepts any annotation
    """Return the longest prefix of `path` that consists of model fields and list positions.

    The prefix ends before the first part of another kind: a key of a mapping, an unknown field, or the label of a
    union member. Pydantic adds such labels to paths. They are not parts of the body.
    """
    return [step for step, _ in _walk(annotation, path)]


def field_names(annotation: Any, path: Sequence[str | int]) -> list[str]:  # noqa: ANN401 - accepts any annotation
    """Return the sorted field names of the object at `path`.

    The list is empty if the object is not a model.
    """
    reached = [annotation, *(inner for _, inner in _walk(annotation, path))][-1]
    return sorted(fields_of(reached))


def may_have_secret(annotation: Any) -> bool:  # noqa: ANN401 - accepts any annotation
    """Return whether a body has a field for a secret.

    Such a field is a SecretStr or has `repr=False`.
    """
    shape = bare(annotation)
    if shape is SecretStr:
        return True
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        fields = shape.model_fields.values()
        return any(not field.repr or may_have_secret(field.annotation) for field in fields)
    return any(map(may_have_secret, get_args(shape)))


def _walk(annotation: Any, path: Sequence[str | int]) -> list[tuple[str | int, Any]]:  # noqa: ANN401 - accepts any annotation
    steps: list[tuple[str | int, Any]] = []
    for step in path:
        annotation = bare(annotation)
        if isinstance(step, int) and get_origin(annotation) in (list, tuple):
            annotation = get_args(annotation)[0]
        elif isinstance(step, str) and step in (fields := fields_of(annotation)):
            annotation = fields[step]
        else:
            break
        steps.append((step, annotation))
    return steps


def fields_of(annotation: Any) -> dict[str, Any]:  # noqa: ANN401 - accepts any annotation
    """Return the annotations of a model's fields by JSON name.

    The mapping is empty if the type is not a model.
    """
    model = bare(annotation)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return {}
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def bare(annotation: Any) -> Any:  # noqa: ANN401 - accepts any annotation
    """Unwrap Annotated and unions with None or MISSING."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    members = [member for member in get_args(annotation) if member not in (NoneType, MISSING)]
    if len(members) == 1 < len(get_args(annotation)):
        return bare(members[0])
    return annotation
