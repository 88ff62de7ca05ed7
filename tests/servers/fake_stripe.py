"""A fake of Stripe's API: localstripe, with additional behavior that the gateway needs.

This module is also a program, which prints an unused port and listens on this port.

The additional behavior follows https://docs.stripe.com/api: idempotency keys, confirmation with a payment method,
partial captures, cancellation reasons, search, bounds of refunds, charges that are included only on request, and the
ends of authorizations.
"""

import json
import socket
from typing import Any

from aiohttp import web
from localstripe import resources
from localstripe.errors import UserError
from localstripe.resources import Charge, List, PaymentIntent, PaymentMethod, Refund, Store, extra_apis

CONFIRM, SEARCH = "/v1/payment_intents/{id}/confirm", "/v1/payment_intents/search"
CAPTURE, CANCEL = "/v1/payment_intents/{id}/capture", "/v1/payment_intents/{id}/cancel"
NOT_CARRIED_OUT = {400, 401, 404, 409, 429}
"""Statuses of responses that Stripe does not store for an idempotency key."""

CAPTURE_WITHIN = 5 * 24 * 60 * 60
"""The number of seconds for which a card is authorized: five days. Some banks permit less than seven days."""

_answered: dict[str, tuple[tuple[str, bytes], int, bytes]] = {}
_in_flight: set[str] = set()


@web.middleware
async def idempotent(request: web.Request, handler: Any) -> web.StreamResponse:
    """For a known idempotency key, return the first response again, also if that response is an error."""
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return await handler(request)  # type: ignore[no-any-return] # aiohttp's handlers have no types
    asked = request.path, await request.read()
    if key in _in_flight:
        return _refusal(409, "idempotency_key_in_use")
    if key in _answered:
        first, status, body = _answered[key]
        if first != asked:
            return _refusal(400, None)
        return web.Response(status=status, body=body, content_type="application/json")
    _in_flight.add(key)
    try:
        response: web.Response = await handler(request)
    finally:
        _in_flight.discard(key)
    if response.status not in NOT_CARRIED_OUT:
        _answered[key] = asked, response.status, bytes(response.body)  # type: ignore[arg-type] # the value is always bytes here
    return response


def _refusal(status: int, code: str | None) -> web.Response:
    error = {"type": "idempotency_error", "code": code, "message": "refused"}
    return web.Response(status=status, text=json.dumps({"error": error}), content_type="application/json")


def _create_intent(automatic_payment_methods: object, **data: Any) -> Any:
    return PaymentIntent(**data)


def _confirm_intent(id: str, payment_method: str) -> Any:  # noqa: A002 - Stripe's API has this parameter name
    intent = PaymentIntent._api_retrieve(id)
    if intent.status not in {"requires_payment_method", "requires_confirmation"}:
        raise UserError(400, "Confirmed before", {"code": "payment_intent_unexpected_state"})
    try:
        method = PaymentMethod._api_retrieve(payment_method)
    except UserError:
        raise UserError(404, "No such payment method", {"code": "resource_missing"}) from None
    intent.payment_method = method.id
    intent._confirm(on_failure_now=intent._report_failure)
    return intent


def _capture_intent(id: str, amount_to_capture: str) -> Any:  # noqa: A002 - Stripe's API has this parameter name
    intent = PaymentIntent._api_retrieve(id)
    if intent.status != "requires_capture" or int(amount_to_capture) > intent.amount:
        raise UserError(400, "Not capturable", {"code": "payment_intent_unexpected_state"})
    intent.latest_charge._capture(amount=None, on_success=intent._on_success)
    intent._captured_amount = int(amount_to_capture)
    return intent


def _cancel_intent(id: str, cancellation_reason: str | None = None) -> Any:  # noqa: A002 - Stripe's API has this parameter name
    if PaymentIntent._api_retrieve(id).status == "succeeded":
        raise UserError(400, "Captured before", {"code": "payment_intent_unexpected_state"})
    intent = _localstripe_s_cancel(id)
    intent.cancellation_reason = cancellation_reason
    return intent


def _search_intents(query: str, limit: str) -> Any:
    field, _, value = query.partition(":")
    name = field.removeprefix("metadata['").removesuffix("']")
    found = List(SEARCH, limit=limit)
    found._list = [
        intent
        for key, intent in resources.store.items()
        if key.startswith("payment_intent:") and intent.metadata.get(name) == value.strip("'")
    ]
    return found


def _create_refund(payment_intent: str, amount: str, metadata: dict[str, str]) -> Any:
    intent = PaymentIntent._api_retrieve(payment_intent)
    if intent.status != "succeeded":
        raise UserError(400, "Nothing was taken", {"code": "charge_not_refundable"})
    charge = Charge._api_retrieve(intent.latest_charge.id)
    if int(amount) > charge.amount - charge.amount_refunded:
        raise UserError(400, "More than is left", {"code": "charge_already_refunded"})
    return Refund(payment_intent=payment_intent, amount=amount, metadata=metadata)


def _export_intent(intent: Any, expand: list[str] | None = None) -> Any:
    """Include the latest charge only if the request asks for the charge, as Stripe does."""
    exported = _localstripe_s_export(intent, expand=expand)
    if "latest_charge" not in (expand or []) and intent.latest_charge is not None:
        exported["latest_charge"] = intent.latest_charge.id
    return exported


def _payment_method_details(charge: Any) -> Any:
    capture_before = None if charge.captured else charge.created + CAPTURE_WITHIN
    return {"type": "card", "card": {"capture_before": capture_before}}


_localstripe_s_cancel = PaymentIntent._api_cancel
_localstripe_s_export = PaymentIntent._export


def teach() -> None:
    Store.dump_to_disk = lambda _: None
    PaymentIntent._api_create = _create_intent
    PaymentIntent.amount_received = property(
        lambda intent: (
            getattr(intent, "_captured_amount", intent.amount) if intent.status == "succeeded" else 0
        )
    )
    PaymentIntent._export = _export_intent
    Charge.payment_method_details = property(_payment_method_details)
    Refund._api_create = _create_refund
    extra_apis[:] = [
        ("GET", SEARCH, _search_intents),
        ("POST", CONFIRM, _confirm_intent),
        ("POST", CAPTURE, _capture_intent),
        ("POST", CANCEL, _cancel_intent),
        *(api for api in extra_apis if api[1] not in {CONFIRM, CAPTURE, CANCEL}),
    ]


def main() -> None:
    teach()
    from localstripe.server import app  # noqa: PLC0415 - localstripe registers its routes when it is imported

    app.middlewares.insert(0, idempotent)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        print(listener.getsockname()[1], flush=True)  # noqa: T201 - the parent process reads the output
        web.run_app(app, sock=listener, print=None, access_log=None)


if __name__ == "__main__":
    main()
