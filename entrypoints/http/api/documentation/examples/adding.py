"""Add an example to every request body and to every body of a successful response."""

from collections.abc import Iterator, Mapping
from typing import Any

from entrypoints.event_examples import example_of as example_of_event
from entrypoints.http.api.documentation.examples.requests import LOG_INS, REQUESTS
from entrypoints.http.api.documentation.examples.responses import RESPONSES
from entrypoints.http.api.documentation.examples.shop import (
    CUSTOMER,
    DELIVERY,
    ENDPOINT,
    EVENT,
    FULFILLMENT,
    ORDER,
    PAYMENT,
    PRODUCT,
    REFUND,
    RETURN,
    SESSION,
)
from entrypoints.http.problems.pages import explanation
from entrypoints.http.problems.registry import PROBLEMS

_PATH_PARAMETERS = {
    "code": "out_of_stock",
    "delivery_id": DELIVERY,
    "endpoint_id": ENDPOINT,
    "fulfillment_id": FULFILLMENT,
    "order_id": ORDER,
    "payment_id": PAYMENT,
    "product_id": PRODUCT,
    "provider": "sandbox",
    "refund_id": REFUND,
    "return_id": RETURN,
    "session_id": SESSION,
    "user_id": CUSTOMER,
}
_TEXTS = {
    "text/html": "<!doctype html><title>Not enough stock - Steelyard</title>",
    "text/plain": 'steelyard_invariant_offenders{invariant="I1",name="stock_adds_up"} 0.0\n',
}


def add_examples(document: dict[str, Any]) -> None:
    """Add an example to each path parameter, request body, and response with content.

    If no example is defined for a part, the part is left unchanged. A test reports such parts.
    """
    responses = {**RESPONSES, **_generated()}
    for operation in _operations(document["paths"]):
        _add_to_request(operation)
        _add_to_responses(operation, responses.get(operation["operationId"], {}))
    for type_, webhook in document["webhooks"].items():
        for content in webhook["post"]["requestBody"]["content"].values():
            content["example"] = example_of_event(type_)


def _add_to_request(operation: Mapping[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter.get("in") == "path":
            parameter.update(_example(_PATH_PARAMETERS, parameter["name"]))
    name = operation["operationId"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content.update({"examples": LOG_INS} if name == "create_token" else _example(REQUESTS, name))


def _add_to_responses(operation: Mapping[str, Any], by_status: Mapping[str, Any]) -> None:
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            if media_type == "application/json":
                content.update(_example(by_status, status))
            else:
                content.update(_example(_TEXTS, media_type))


def _example(examples: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {"example": examples[key]} if key in examples else {}


def _operations(paths: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for operations in paths.values():
        yield from operations.values()


def _generated() -> Mapping[str, Mapping[str, Any]]:
    out_of_stock = explanation(PROBLEMS["out_of_stock"])
    return {
        "list_events": {
            "200": {"items": [example_of_event("order.placed")], "next_after": EVENT, "has_more": False}
        },
        "list_problems": {"200": {"items": [out_of_stock]}},
        "get_problem": {"200": out_of_stock},
    }
