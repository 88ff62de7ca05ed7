"""Every method rejects texts that break a rule. A rejected call changes nothing."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.catalog.product import (
    ATTRIBUTE_NAME,
    ATTRIBUTE_VALUE,
    DESCRIPTION,
    PRODUCT_NAME,
    SKU,
    Product,
    ProductChanges,
    ProductDetails,
)
from domain.catalog.stock import ADJUSTMENT_NOTE, COUNT_REASON, MovementReason
from domain.orders.address import ADDRESS_LINE, CITY, COUNTRY, POSTAL_CODE, RECIPIENT, REGION
from domain.orders.details import METADATA_KEY, METADATA_VALUE, NOTE, OrderChanges
from domain.orders.fulfilling import fulfill
from domain.orders.fulfillment import CARRIER, TRACKING
from domain.orders.order import CANCEL_REASON, Order
from domain.payments.payment import Payment, PaymentMethod
from domain.payments.refund import REFUND_REASON, Refund
from domain.shared.errors import DomainError, ValidationFailed
from domain.shared.ids import FulfillmentId, OrderId, PaymentId, RefundId, SignUpId, UserId
from domain.shared.money import Money
from domain.shared.text import ANY_TEXT, TextRule
from domain.shared.unset import UNSET
from domain.users.pending_sign_up import PendingSignUp
from domain.users.user import FULL_NAME
from entrypoints.email_addresses import parse_email_address
from entrypoints.http.representation.schemas import text_of
from tests.kit.actors import SOMEBODY
from tests.kit.examples import ADDRESS, NOW, a_product, a_user
from tests.kit.ports import SequentialIds

IDS = SequentialIds()
EMAIL = parse_email_address("ann@example.com")


Watch = Callable[[object], None]
Apply = Callable[[str, Watch], object]


@dataclass(frozen=True)
class TextMethod:
    """A method that sets a text of an entity.

    `call` passes the entities to the callback, and then calls the method. With the entities, a test can check that a
    rejected call changes nothing.
    """

    rule: TextRule
    call: Apply


def an_order(**fields_: Any) -> Order:
    texts = {"shipping_address": ADDRESS, "note": None, "metadata": {}} | fields_
    return Order.place(
        id=OrderId(IDS.new()),
        customer_id=UserId(IDS.new()),
        placed_by=None,
        idempotency_key="key",
        lines=[],
        total=Money(100, "EUR"),
        expires_at=NOW,
        now=NOW,
        actor=SOMEBODY,
        **texts,
    )


def creating(field: str) -> Apply:
    def call(text: str, _watch: Watch) -> object:
        _, stock = a_product(IDS, actor=SOMEBODY)
        given_: dict[str, Any] = {"sku": "MUG", "name": "Mug", "description": "", "attributes": {}}
        given_[field] = text
        if field == "attribute name":
            given_ = {**given_, "attributes": {text: "x"}}
        if field == "attribute value":
            given_ = {**given_, "attributes": {"x": text}}
        return Product.create(
            id=stock.product_id,
            sku=str(given_["sku"]),
            details=ProductDetails(
                name=str(given_["name"]),
                description=str(given_["description"]),
                attributes=given_["attributes"],
                price=Money(1, "EUR"),
            ),
            stock=stock,
            now=NOW,
        )

    return call


def changing(make: Callable[[str], ProductChanges]) -> Apply:
    def call(text: str, watch: Watch) -> None:
        product, stock = a_product(IDS, actor=SOMEBODY)
        watch(product)
        watch(stock)
        product.change(make(text), stock=stock, now=NOW)

    return call


def placing(make: Callable[[str], Mapping[str, Any]]) -> Apply:
    return lambda text, _: an_order(**make(text))


def addressed(field: str) -> Apply:
    return placing(lambda text: {"shipping_address": replace(ADDRESS, **{field: text})})


def change(watch: Watch, **changes: Any) -> None:
    watch(order := an_order())
    untouched = {"shipping_address": UNSET, "note": UNSET, "metadata": UNSET}
    order.change(OrderChanges(**{**untouched, **changes}), now=NOW, actor=SOMEBODY)


def cancel(text: str, watch: Watch) -> None:
    watch(order := an_order())
    order.cancel(text, now=NOW, actor=SOMEBODY)


def ship(text: str, watch: Watch, *, carrier: bool) -> object:
    watch(order := an_order())
    return fulfill(
        order,
        [],
        {},
        id=FulfillmentId(IDS.new()),
        carrier=text if carrier else None,
        tracking=None if carrier else text,
        now=NOW,
        actor=SOMEBODY,
    )


def refund(text: str, watch: Watch) -> object:
    payment = Payment.request(
        id=PaymentId(IDS.new()),
        order_id=an_order().id,
        method=PaymentMethod.SANDBOX,
        amount=Money(100, "EUR"),
        now=NOW,
    )
    watch(payment)
    return Refund.of(payment, Money(1, "EUR"), id=RefundId(IDS.new()), reason=text, now=NOW)


def count(text: str, watch: Watch) -> None:
    _, stock = a_product(IDS, actor=SOMEBODY)
    watch(stock)
    stock.count(9, seen=stock.version, note=text, now=NOW, actor=SOMEBODY)


def adjust(text: str, watch: Watch) -> None:
    _, stock = a_product(IDS, actor=SOMEBODY)
    watch(stock)
    stock.adjust(1, MovementReason.RECEIPT, note=text, now=NOW, actor=SOMEBODY)


def rename(text: str, watch: Watch) -> None:
    watch(user := a_user(IDS))
    user.rename(text, now=NOW)


def request_sign_up(text: str, _: Watch) -> object:
    return PendingSignUp.request(
        id=SignUpId(IDS.new()), email=EMAIL, full_name=text, password_hash="", now=NOW
    )


VERBS = {
    "create: sku": TextMethod(SKU, creating("sku")),
    "create: name": TextMethod(PRODUCT_NAME, creating("name")),
    "create: description": TextMethod(DESCRIPTION, creating("description")),
    "create: attribute name": TextMethod(ATTRIBUTE_NAME, creating("attribute name")),
    "create: attribute value": TextMethod(ATTRIBUTE_VALUE, creating("attribute value")),
    "change: name": TextMethod(PRODUCT_NAME, changing(lambda text: ProductChanges(name=text))),
    "change: description": TextMethod(DESCRIPTION, changing(lambda text: ProductChanges(description=text))),
    "change: attribute name": TextMethod(
        ATTRIBUTE_NAME, changing(lambda text: ProductChanges(attributes={text: "x"}))
    ),
    "change: attribute value": TextMethod(
        ATTRIBUTE_VALUE, changing(lambda text: ProductChanges(attributes={"x": text}))
    ),
    "count: reason": TextMethod(COUNT_REASON, count),
    "adjust: note": TextMethod(ADJUSTMENT_NOTE, adjust),
    "place: note": TextMethod(NOTE, placing(lambda text: {"note": text})),
    "place: metadata key": TextMethod(METADATA_KEY, placing(lambda text: {"metadata": {text: "x"}})),
    "place: metadata value": TextMethod(METADATA_VALUE, placing(lambda text: {"metadata": {"x": text}})),
    "place: name": TextMethod(RECIPIENT, addressed("name")),
    "place: line1": TextMethod(ADDRESS_LINE, addressed("line1")),
    "place: line2": TextMethod(ADDRESS_LINE, addressed("line2")),
    "place: city": TextMethod(CITY, addressed("city")),
    "place: region": TextMethod(REGION, addressed("region")),
    "place: postal code": TextMethod(POSTAL_CODE, addressed("postal_code")),
    "place: country": TextMethod(COUNTRY, addressed("country")),
    "change order: note": TextMethod(NOTE, lambda text, watch: change(watch, note=text)),
    "change order: metadata key": TextMethod(
        METADATA_KEY, lambda text, watch: change(watch, metadata={text: "x"})
    ),
    "change order: metadata value": TextMethod(
        METADATA_VALUE, lambda text, watch: change(watch, metadata={"x": text})
    ),
    "change order: city": TextMethod(
        CITY, lambda text, watch: change(watch, shipping_address=replace(ADDRESS, city=text))
    ),
    "cancel: reason": TextMethod(CANCEL_REASON, cancel),
    "fulfill: carrier": TextMethod(CARRIER, lambda text, watch: ship(text, watch, carrier=True)),
    "fulfill: tracking": TextMethod(TRACKING, lambda text, watch: ship(text, watch, carrier=False)),
    "refund: reason": TextMethod(REFUND_REASON, refund),
    "sign up: full name": TextMethod(FULL_NAME, lambda text, _: a_user(IDS, full_name=text)),
    "rename: full name": TextMethod(FULL_NAME, rename),
    "request sign-up: full name": TextMethod(FULL_NAME, request_sign_up),
}


def broken(rule: TextRule) -> list[str]:
    texts = ["x" * (rule.max_length + 1), "x\x00", "x\ud800", "\u0301" * 100_000]
    if rule.min_length:
        texts.append("")
    if rule.pattern != ANY_TEXT:
        texts += ["ä" * rule.max_length, "IE\n", "-", ""]
    return texts


def state_of(entity: object) -> dict[str, object]:
    assert is_dataclass(entity)
    return deepcopy({field.name: getattr(entity, field.name) for field in fields(entity)})


@pytest.mark.parametrize("name", VERBS)
def test_text_that_breaks_a_text_rule_is_rejected_and_changes_nothing(name: str) -> None:
    verb = VERBS[name]
    for text in broken(verb.rule):
        before: list[tuple[object, dict[str, object]]] = []
        with pytest.raises(ValidationFailed) as rejected:
            verb.call(text, lambda entity, seen=before: seen.append((entity, state_of(entity))))  # type: ignore[misc]  # the default binds the loop variable early
        assert rejected.value.violations
        assert all(state_of(entity) == state for entity, state in before)


def ignore(_: object) -> None: ...


@given(name=st.sampled_from(sorted(VERBS)), text=st.text(max_size=80))
def test_text_is_rejected_if_and_only_if_the_text_breaks_the_text_rule(name: str, text: str) -> None:
    verb, is_valid = VERBS[name], not list(VERBS[name].rule.violations(text))
    try:
        verb.call(text, ignore)
    except ValidationFailed:
        assert not is_valid
    except DomainError:
        assert is_valid, "the text is checked first"
    else:
        assert is_valid


@given(text=st.text(max_size=80), name=st.sampled_from(sorted(VERBS)))
def test_text_rule_and_its_json_schema_accept_the_same_texts(name: str, text: str) -> None:
    rule = VERBS[name].rule
    adapter: TypeAdapter[str] = TypeAdapter(Annotated[str, text_of(rule)])
    try:
        adapter.validate_python(text)
    except ValidationError:
        assert list(rule.violations(text))
    else:
        assert not list(rule.violations(text))
