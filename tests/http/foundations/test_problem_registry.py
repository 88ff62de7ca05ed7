from importlib import import_module
from pathlib import Path

import pytest

from domain.shared.errors import DomainError
from entrypoints.http.problems.openapi import Responses, problem_responses, with_problems
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.problems.registry import PROBLEMS
from tests.kit.apps import app_of

CONTRACT = {
    400: {
        "malformed_json",
        "malformed_request",
        "unknown_parameter",
        "invalid_cursor",
        "idempotency_key_required",
        "invalid_idempotency_key",
    },
    401: {"authentication_required", "invalid_signature", "invalid_token", "token_expired"},
    403: {"forbidden", "account_disabled"},
    408: {"request_timeout"},
    404: {"not_found"},
    405: {"method_not_allowed"},
    409: {
        "email_taken",
        "sku_taken",
        "out_of_stock",
        "price_changed",
        "product_unavailable",
        "invalid_transition",
        "order_expired",
        "payment_in_progress",
        "order_disputed",
        "too_many_unpaid_orders",
        "too_many_units_held",
        "email_not_verified",
        "refund_exceeds_paid",
        "stock_conflict",
        "idempotency_in_flight",
        "last_admin",
        "account_closed",
    },
    412: {"precondition_failed"},
    413: {"body_too_large"},
    414: {"query_too_large"},
    415: {"unsupported_media_type"},
    422: {"validation_failed", "idempotency_key_reused"},
    428: {"precondition_required"},
    429: {"rate_limited", "too_many_attempts"},
    431: {"headers_too_large"},
    500: {"internal_error"},
    503: {"overloaded", "database_unavailable", "schema_outdated", "release_outdated", "shutting_down"},
}

OTHERWISE_ANSWERED = {
    "invalid_grant",  # /token returns these three codes in the format of RFC 6749, section 5.2
    "invalid_client",
    "invalid_scope",
    "unsupported_token_type",  # /oauth/revoke returns this code in the format of RFC 7009, section 2.2.1
    "client_name_taken",  # only the command line reports these three codes
    "client_disabled",
    "too_many_secrets",
}


def subclasses(base: type[DomainError]) -> set[type[DomainError]]:
    return {base, *(leaf for child in base.__subclasses__() for leaf in subclasses(child))}


def test_every_problem_code_has_the_http_status_that_was_published() -> None:
    statuses: dict[int, set[str]] = {}
    for problem in PROBLEMS.values():
        statuses.setdefault(problem.status, set()).add(problem.code)
    assert statuses == CONTRACT


def test_every_error_of_the_domain_and_application_layers_has_a_problem_code() -> None:
    for root in ("domain", "application"):
        for path in Path(root).rglob("*.py"):
            import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
    codes = {
        error.code
        for error in subclasses(DomainError)
        if hasattr(error, "code") and error.__module__.startswith(("domain.", "application."))
    }
    assert codes - OTHERWISE_ANSWERED <= set(PROBLEMS)


def test_unregistered_problem_code_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        HTTPProblem("no_such_code")


def test_problems_with_the_same_status_are_documented_as_examples_of_one_response() -> None:
    responses = problem_responses("out_of_stock", "price_changed", "not_found")
    assert set(responses) == {404, 409}
    content = responses[409]["content"]["application/problem+json"]
    assert set(content["examples"]) == {"out_of_stock", "price_changed"}
    assert responses[409]["description"] == "Not enough stock; The price has changed"


def test_problems_are_added_to_the_responses_that_a_route_declares() -> None:
    declared = {201: {"description": "Made"}, **problem_responses("out_of_stock")}
    responses = with_problems(declared, "price_changed")
    assert responses[201] == {"description": "Made"}
    examples = responses[409]["content"]["application/problem+json"]["examples"]
    assert set(examples) == {"out_of_stock", "price_changed"}


def test_problem_content_is_added_to_a_response_with_another_media_type() -> None:
    declared: Responses = {400: {"model": int, "content": {"text/plain": {}}}}
    response = with_problems(declared, "malformed_request")[400]
    assert response["model"] is int
    assert set(response["content"]) == {"text/plain", "application/problem+json"}


def test_openapi_document_contains_the_problem_schema() -> None:
    schema = app_of().openapi()
    assert {"Problem", "ProblemItem"} <= set(schema["components"]["schemas"])
