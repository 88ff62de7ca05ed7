"""Conversion of pydantic's errors to a problem, without values of the input.

The problem contains the names of unknown fields, so that developers can find misspellings. It contains no other text
from the client.

A name is cut to 64 printable characters. If the name could be a misplaced secret, the name is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import PydanticCustomError

from domain.shared.errors import Param, Violation
from entrypoints.http.problems.problem import MAX_VIOLATIONS, HTTPProblem, item_for, pointer_to
from entrypoints.http.problems.schema_paths import declared_part, field_names, may_have_secret
from entrypoints.http.problems.validation_messages import INVALID, RULES, UNKNOWN_FIELD

_MAX_NAME = 64
_BROKEN_RULE = "broken_rule"
_OPAQUE = "Value"
"""The name by which pydantic's length errors call a value that is neither a text nor a collection.

In this service, such a value is always a SecretStr.
"""


def broken_rule(*path: str | int, code: str, detail: str, **params: Param) -> PydanticCustomError:
    """Create the error that a schema's validator raises.

    `path` leads from the validated value to the field.

        @model_validator(mode="after")
        def passwords_agree(self) -> Self:
            if self.password != self.password_confirm:
                raise broken_rule("password_confirm", code="passwords_differ", detail="Repeat the same password.")
            return self

    `detail` describes the rule, and never contains the value.
    """
    violation = Violation(path, code, detail, params)
    return PydanticCustomError(_BROKEN_RULE, "A rule is broken.", {"violation": violation})


def problem_of(errors: Sequence[Mapping[str, Any]], *, body: Any, body_type: Any) -> HTTPProblem:  # noqa: ANN401 - the body is any JSON value, and its type any annotation
    """Return the problem of a request that the operation's schema rejects.

    `body` is the parsed body, and `body_type` is its annotation. A name in an error comes from the schema or from the
    client. The function needs `body` and `body_type` to distinguish these two cases.
    """
    for error in errors:
        place, *path = error["loc"]
        if place == "header" and path:
            problem = _problem_of_header(error, str(path[0]))
            if problem is not None:
                return problem
    items = [_item(error, body, body_type) for error in errors[:MAX_VIOLATIONS]]
    return HTTPProblem("validation_failed", _summary(len(errors)), errors=items)


def _summary(count: int) -> str:
    if count > MAX_VIOLATIONS:
        return f"More than {MAX_VIOLATIONS} rules are broken; errors has the first {MAX_VIOLATIONS}."
    return f"{count} rules are broken; see errors." if count > 1 else "1 rule is broken; see errors."


def _problem_of_header(error: Mapping[str, Any], name: str) -> HTTPProblem | None:
    """Return the problem of If-Match or Idempotency-Key, which have their own problem codes."""
    missing = error["type"] == "missing"
    match name.lower():
        case "if-match" if missing:
            code = "precondition_required"
        case "idempotency-key":
            code = "idempotency_key_required" if missing else "invalid_idempotency_key"
        case _:
            return None
    return HTTPProblem(code, errors=[_parameter_item(error, "header", [name])])


def _item(error: Mapping[str, Any], body: Any, body_type: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value and any annotation
    place, *path = error["loc"]
    if place != "body":
        return _parameter_item(error, place, path)
    if error["type"] == "extra_forbidden":
        return _unknown_field_item(path, body, body_type)
    known = declared_part(body_type, path)
    if error["type"] == _BROKEN_RULE:
        violation: Violation = error["ctx"]["violation"]
        return {**item_for(violation), "pointer": pointer_to((*known, *violation.path))}
    return {"pointer": pointer_to(known), **_rule(error)}


def _parameter_item(error: Mapping[str, Any], place: str, path: Sequence[str | int]) -> dict[str, Any]:
    if error["type"] == _BROKEN_RULE:
        violation: Violation = error["ctx"]["violation"]
        item = item_for(violation)
        del item["pointer"]
        path = (*path, *violation.path)
    else:
        item = _rule(error)
    return {"parameter": str(path[0]), "in": place, **item} if path else {"in": place, **item}


def _rule(error: Mapping[str, Any]) -> dict[str, Any]:
    context = error.get("ctx", {})
    kind = f"string_{error['type']}" if context.get("field_type") == _OPAQUE else error["type"]
    rule = RULES.get(kind, INVALID)
    item: dict[str, Any] = {"code": rule.code, "detail": rule.detail(context)}
    if rule.limits:
        item["params"] = rule.params(context)
    return item


def _unknown_field_item(path: Sequence[str | int], body: Any, body_type: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value and any annotation
    parent = declared_part(body_type, path[:-1])
    allowed = field_names(body_type, parent)
    for step in parent:
        body = body[step]
    position = list(body).index(path[-1]) + 1
    params: dict[str, Any] = {"position": position, "allowed": allowed}
    field = f"Field no. {position} of this object"
    if not may_have_secret(body_type):
        params["name"] = "".join(filter(str.isprintable, str(path[-1])[:_MAX_NAME]))
        field += f', "{params["name"]}",'
    return {
        "pointer": pointer_to(parent),
        "code": UNKNOWN_FIELD.code,
        "detail": f"{field} is not known here. Known fields: {', '.join(allowed)}.",
        "params": params,
    }
