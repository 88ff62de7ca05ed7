"""The service can read the command results and request fingerprints that other releases have stored."""

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import ValidationError

from adapters.postgres.idempotency.stored_results import from_stored_json, to_stored_json
from application.catalog.views import AdjustmentView, ProductView
from application.orders.views import FulfillmentView, OrderView, ReturnView
from application.payments.views import PaymentView, RefundView
from application.shared.idempotency import IdempotentOperation, PersonalResult
from application.users.views import UserView
from application.webhooks.views import DeliveryView, EndpointView, NewEndpointView, RetriedView
from domain.orders.lifecycle import Action
from entrypoints.http.representation.fingerprints import NO_BODY, Fingerprints, earlier_fingerprint
from entrypoints.http.routing import strict_json
from tests.kit.shop import Shop
from tests.kit.store import memory_store

ROOT = Path(__file__).parents[2]
RECORDS = [
    json.loads((ROOT / release["records"]).read_text())
    for release in tomllib.loads((ROOT / "tests" / "releases.toml").read_text())["release"]
]
VIEWS: dict[str, Any] = {
    IdempotentOperation.PLACE_ORDER: OrderView,
    IdempotentOperation.CHANGE_ORDER: OrderView,
    IdempotentOperation.CANCEL_ORDER: OrderView,
    IdempotentOperation.FULFILL_ORDER: FulfillmentView,
    IdempotentOperation.PAY_ORDER: PaymentView,
    IdempotentOperation.CAPTURE_PAYMENT: PaymentView,
    IdempotentOperation.VOID_PAYMENT: PaymentView,
    IdempotentOperation.REFUND_ORDER: RefundView,
    IdempotentOperation.REQUEST_RETURN: ReturnView,
    IdempotentOperation.APPROVE_RETURN: ReturnView,
    IdempotentOperation.REFUSE_RETURN: ReturnView,
    IdempotentOperation.RECEIVE_RETURN: ReturnView,
    IdempotentOperation.CREATE_PRODUCT: ProductView,
    IdempotentOperation.ADJUST_STOCK: AdjustmentView,
    IdempotentOperation.CREATE_WEBHOOK_ENDPOINT: NewEndpointView,
    IdempotentOperation.RETRY_WEBHOOK_DELIVERY: DeliveryView,
    IdempotentOperation.TRANSFER_WEBHOOK_ENDPOINT: EndpointView,
    IdempotentOperation.ROLL_WEBHOOK_SECRET: NewEndpointView,
    IdempotentOperation.RETRY_WEBHOOK_DELIVERIES: RetriedView,
    IdempotentOperation.CREATE_USER: UserView,
    IdempotentOperation.VERIFY_EMAIL: UserView,
    IdempotentOperation.REQUEST_EMAIL_CHANGE: UserView,
    IdempotentOperation.CHANGE_PASSWORD: UserView,
    IdempotentOperation.RESET_PASSWORD: UserView,
}
NEW: set[IdempotentOperation] = {
    IdempotentOperation.CHANGE_ORDER,
    IdempotentOperation.REQUEST_EMAIL_CHANGE,
    IdempotentOperation.REQUEST_RETURN,
    IdempotentOperation.APPROVE_RETURN,
    IdempotentOperation.REFUSE_RETURN,
    IdempotentOperation.RECEIVE_RETURN,
    IdempotentOperation.ROLL_WEBHOOK_SECRET,
    IdempotentOperation.RETRY_WEBHOOK_DELIVERIES,
}
"""Operations for which no earlier release stored results."""
ENUMERATED = {
    name: set(values)
    for name, values in json.loads(
        (ROOT / "tests/integration/releases/7a22749/enumerated_values.json").read_text()
    ).items()
}
"""The enumerated values that stored results of the former release can contain."""
FIRST = RECORDS[0]
"""The records of the only release that stored fingerprints whose `fingerprint_version` is 1."""
ROWS = [row for recorded in RECORDS for row in recorded["rows"]]


def with_unknown_fields(value: Any) -> Any:
    """Return a copy of a JSON value in which every object has one additional field."""
    if isinstance(value, dict):
        return {name: with_unknown_fields(member) for name, member in value.items()} | {"unknown": [1]}
    return [with_unknown_fields(member) for member in value] if isinstance(value, list) else value


def optional_fields(view: Any) -> Iterator[str]:
    hints = get_type_hints(view)
    return (field.name for field in fields(view) if type(None) in get_args(hints[field.name]))


def test_recorded_results_include_every_operation_except_new_operations() -> None:
    assert {row["operation"] for row in ROWS} | NEW == VIEWS.keys() == set(IdempotentOperation)


@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row['operation']}-{row['key']}-{row.get('format_version', 1)}"
)
def test_stored_result_with_unknown_fields_is_read(row: Any) -> None:
    view = VIEWS[row["operation"]]
    expected = from_stored_json(row["result"], view)
    stored = json.loads(row["result"])
    stored["unknown"] = {"nested": True}
    for name, member in stored.items():
        if name not in {"metadata", "attributes"}:
            stored[name] = with_unknown_fields(member)
    assert from_stored_json(json.dumps(stored), view) == expected
    assert from_stored_json(to_stored_json(expected), view) == expected


@pytest.mark.parametrize("view", sorted({VIEWS[row["operation"]] for row in ROWS}, key=str))
def test_missing_fields_of_a_stored_result_get_defaults(view: Any) -> None:
    [row, *_] = [row for row in ROWS if VIEWS[row["operation"]] is view]
    stored = json.loads(row["result"])
    missing = list(optional_fields(view))
    if view is NewEndpointView:
        missing.append("event_types")
    assert missing
    for name in missing:
        stored.pop(name, None)  # the release did not store fields that were added later
    read = from_stored_json(json.dumps(stored), view)
    assert all(not getattr(read, name) for name in missing)


def test_missing_fields_of_a_nested_object_in_a_stored_result_get_defaults() -> None:
    [row, *_] = [row for row in ROWS if '"Dublin"' in row["result"] and row["operation"] == "place_order"]
    stored = json.loads(row["result"])
    del stored["shipping_address"]["region"]
    assert from_stored_json(json.dumps(stored), OrderView) == from_stored_json(row["result"], OrderView)


async def test_stored_order_contains_only_actions_that_the_former_release_knows() -> None:
    shop = Shop(memory_store())
    order = await shop.order(await shop.product(stock=5))
    assert Action.CANCEL_LINES in order.allowed_actions
    text = to_stored_json(order)
    assert set(json.loads(text)["allowed_actions"]) <= ENUMERATED["Action"]
    assert from_stored_json(text, OrderView) == order


def test_unknown_action_in_a_stored_result_is_omitted() -> None:
    [row, *_] = [row for row in ROWS if row["operation"] == "place_order"]
    stored = json.loads(row["result"])
    expected = from_stored_json(row["result"], OrderView)
    stored["allowed_actions"].append("gift_wrap")
    assert from_stored_json(json.dumps(stored), OrderView) == expected
    stored["all_actions"] = stored["allowed_actions"]
    assert from_stored_json(json.dumps(stored), OrderView) == expected


def test_former_release_knows_all_enumerated_values_in_stored_results() -> None:
    """The former release must be able to read all stored values, also those that a new release has added.

    New values of `Action` are permitted, because they are stored in a form that the former release can read.
    """
    found = {enum.__name__: {member.value for member in enum} for enum in enumerations(set(VIEWS.values()))}
    assert found.keys() >= ENUMERATED.keys()
    for name, values in ENUMERATED.items():
        assert name == "Action" or found[name] <= values, name


def enumerations(types: Iterable[Any]) -> Iterator[type[Enum]]:
    """Yield the enumerations that are types of fields, also in nested dataclasses."""
    for type_ in types:
        if is_dataclass(type_):
            yield from enumerations(get_type_hints(type_).values())
        elif isinstance(type_, type) and issubclass(type_, Enum):
            yield type_
        else:
            yield from enumerations(get_args(type_))


def test_stored_result_without_an_id_raises_an_error() -> None:
    with pytest.raises(ValidationError):
        from_stored_json("{}", UserView)


def test_request_of_the_first_release_has_the_recorded_fingerprint() -> None:
    rows = {row["key"]: row for row in FIRST["rows"]}
    for request in FIRST["requests"]:
        row = rows[request["headers"]["Idempotency-Key"]]
        received = strict_json.parse(request["body"].encode()) if request["body"] else NO_BODY
        made = earlier_fingerprint(1, request["method"], request["path"], row["operation"], received)
        assert made is not None
        assert made.hex() == row["fingerprint"], request


@pytest.mark.parametrize("operation", sorted({row["operation"] for row in FIRST["rows"]}))
def test_request_with_a_new_field_has_no_fingerprint_of_version_1(
    operation: IdempotentOperation,
) -> None:
    [key, *_] = [row["key"] for row in FIRST["rows"] if row["operation"] == operation]
    [request] = [r for r in FIRST["requests"] if r["headers"]["Idempotency-Key"] == key]
    received = json.loads(request["body"] or "{}")
    assert earlier_fingerprint(1, "POST", request["path"], operation, received)
    assert earlier_fingerprint(1, "POST", request["path"], operation, {**received, "brand": None}) is None


def test_fingerprint_ignores_white_space_and_the_sequence_of_fields() -> None:
    fingerprints = Fingerprints(b"s" * 32)
    one = fingerprints.of("POST", "/v1/orders", json.loads('{"a": 1, "b": {"c": "é", "d": 2}}'))
    same = fingerprints.of("POST", "/v1/orders", json.loads('{"b":{"d":2,"c":"\\u00e9"},\n"a":1}'))
    assert one == same


@pytest.mark.parametrize(
    ("method", "path", "received"),
    [
        ("PUT", "/v1/orders", {"a": 1}),
        ("POST", "/v1/orders/1", {"a": 1}),
        ("POST", "/v1/orders", {"a": 2}),
        ("POST", "/v1/orders", {"a": "1"}),
        ("POST", "/v1/orders", {"a": 1, "new": None}),
        ("POST", "/v1/orders", NO_BODY),
        ("POST", "/v1/orders", None),
    ],
)
def test_fingerprint_depends_on_the_method_and_the_path_and_every_value(
    method: str, path: str, received: Any
) -> None:
    fingerprints = Fingerprints(b"s" * 32)
    assert fingerprints.of(method, path, received) != fingerprints.of("POST", "/v1/orders", {"a": 1})


def test_request_fingerprint_depends_on_the_hmac_key() -> None:
    request = ("POST", "/v1/me/password", {"new_password": "secret"})
    assert Fingerprints(b"s" * 32).of(*request) != Fingerprints(b"t" * 32).of(*request)


def test_type_of_a_stored_result_shows_whether_the_result_contains_personal_data() -> None:
    personal = {"customer_id", "email", "full_name", "shipping_address"}
    for view in set(VIEWS.values()):
        has_personal_data = bool(personal & {field.name for field in fields(view)})
        assert issubclass(view, PersonalResult) == has_personal_data, view
