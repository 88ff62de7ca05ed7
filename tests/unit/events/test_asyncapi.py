"""The AsyncAPI description matches the events."""

import json
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import domain
from adapters.standard_webhooks import StandardWebhooks
from application.catalog.change_product import ChangeProductCommand
from application.events.cloud_event import cloud_event
from application.events.event_types import EVENT_TYPES
from application.payments.provider_ports import ProviderEventKind
from application.sessions.log_in import LogInCommand
from application.users.change_me import ChangeMeCommand
from application.users.change_password import ChangePasswordCommand
from application.users.change_user import ChangeUserCommand
from application.users.close_account import CloseAccountCommand
from application.users.request_email_change import RequestEmailChangeCommand
from application.users.sign_up import SignUpCommand
from application.users.verify_email import VerifyEmailCommand
from domain.catalog.product import ProductChanges
from domain.orders.guest import Guest
from domain.payments.payment import ENDING_NOTICE, RENEW_BEFORE_END
from domain.shared.actor import Actor
from domain.shared.events import Event
from domain.shared.ids import UserId
from domain.users.administering import AccountChanges
from domain.users.email_address import EmailAddress
from domain.users.permissions import Role
from domain.users.user import UserStatus
from domain.webhooks.endpoint import EndpointChanges
from entrypoints.asyncapi import asyncapi_document
from entrypoints.email_addresses import sought_email_address
from entrypoints.event_examples import example_of
from tests.kit.accounts import NETWORK, PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.shop import HOLD, Shop
from tests.kit.store import memory_store
from tests.kit.webhooks import Webhooks

PUBLISHED = Path(__file__).parents[3] / "docs" / "asyncapi.json"
DOCUMENT = asyncapi_document()


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for part in node.values():
            yield from references(part)
    elif isinstance(node, list):
        for part in node:
            yield from references(part)


def test_asyncapi_document_in_the_docs_is_current() -> None:
    """`python -m entrypoints asyncapi export docs/asyncapi.json` updates the document."""
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == DOCUMENT


def test_every_event_type_is_in_the_asyncapi_document() -> None:
    modules = [import_module(found.name) for found in pkgutil.walk_packages(domain.__path__, "domain.")]
    types = {
        thing.type
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Event) and "type" in vars(thing)
    }
    assert types == set(EVENT_TYPES)
    assert list(DOCUMENT["channels"]) == [*sorted(types), "feed", "webhook"]


def test_every_asyncapi_reference_resolves() -> None:
    for reference in references(DOCUMENT):
        node = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def test_every_asyncapi_operation_has_a_server_and_a_binding_and_a_description() -> None:
    for name, operation in DOCUMENT["operations"].items():
        channel = DOCUMENT["channels"][operation["channel"]["$ref"].removeprefix("#/channels/")]
        [server] = [
            DOCUMENT["servers"][item["$ref"].removeprefix("#/servers/")] for item in channel["servers"]
        ]
        protocol = {"https": "http"}.get(server["protocol"], server["protocol"])
        assert list(operation["bindings"]) == [protocol], name
        assert len(operation["description"]) > len(operation["summary"]) > 20, name
        assert "aggregate_id" not in operation["description"]  # the generated docstring of a dataclass


@pytest.mark.parametrize("name", DOCUMENT["components"]["messages"])
def test_example_of_each_message_is_complete_and_valid(name: str) -> None:
    message = DOCUMENT["components"]["messages"][name]
    [example] = message["examples"]
    for part in ("payload", "headers"):
        schema = {**message.get(part, {}), "components": DOCUMENT["components"]}
        jsonschema_rs.validate(schema, example.get(part, {}), validate_formats=True)
    if name in EVENT_TYPES:
        data = DOCUMENT["components"]["schemas"][name]["properties"]
        assert example["payload"]["data"].keys() == data.keys()


def test_all_order_event_examples_describe_the_same_order() -> None:
    placed = example_of("order.placed")
    [line] = placed["data"]["lines"]
    assert placed["data"]["total"]["amount"] == line["quantity"] * line["unit_price"]["amount"]
    of_order = [type_ for type_, kind in EVENT_TYPES.items() if kind.aggregate_type == "order"]
    assert {example_of(type_)["subject"] for type_ in of_order} == {placed["subject"]}
    assert {example_of(type_)["data"]["number"] for type_ in of_order} == {placed["data"]["number"]}


def test_asyncapi_document_describes_the_headers_of_webhooks() -> None:
    signed = StandardWebhooks([b"secret"]).sign("id", "{}", at=datetime.now(UTC))
    described = DOCUMENT["components"]["messages"]["delivery"]["headers"]
    assert set(signed) == set(described["required"]) == set(described["properties"])


async def record_every_order_event(shop: Shop) -> None:
    mug = await shop.product(stock=7)
    shipped, late, too_late = [await shop.order(mug) for _ in range(3)]
    await shop.change_order(shop.commands.change_order(shipped, note="Ring once"))
    await shop.pay(shipped, "tok_declined")
    paid = await shop.pay(shipped)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, paid, reference="ch_again")
    shop.gateway.next_refunds = ["declined"]
    await shop.settle()
    await shop.fulfil(shipped)
    await shop.refund(shipped, 100)
    await shop.refuse(await shop.send_back(shipped, 1))
    await shop.receive(await shop.approve(await shop.send_back(shipped, 1)))
    begun = [await shop.pay(order, "tok_pending") for order in (late, too_late)]
    await shop.cancel(too_late)
    shop.clock.advance(HOLD)
    await shop.expire()
    for payment in begun:
        await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)
    await shop.report_provider_event(ProviderEventKind.DISPUTE_OPENED, paid)
    await shop.report_provider_event(ProviderEventKind.DISPUTE_WON, paid)
    await shop.report_provider_event(ProviderEventKind.DISPUTE_LOST, begun[0])
    guest = Guest(email=EmailAddress.of("guest", "example.com"))
    placing = shop.commands.place_order((mug, 1), customer=guest, placed_by=UserId(shop.ids.new()))
    await shop.place_order(placing)
    await shop.claim_guest_orders(await an_account_of(shop, guest), actor=SOMEBODY)
    authenticated, authorized = [await shop.order(mug) for _ in range(2)]
    await shop.void(await shop.pay(authenticated, "tok_3ds"))
    payment = await shop.authorize(authorized)
    assert payment.authorized_until is not None
    shop.gateway.renewal = timedelta(days=7)
    for before_end in (ENDING_NOTICE, RENEW_BEFORE_END):
        shop.clock.set(payment.authorized_until - before_end)
        await shop.settle()


async def an_account_of(shop: Shop, guest: Guest) -> UserId:
    """Return an account that has verified the e-mail address of a guest."""
    account = await shop.customer()
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get(account.id)
        assert user is not None
        user.email, user.email_verified = guest.email, True
        await work.users.save(user)
        await work.commit()
    return account.id


async def record_every_user_event(shop: Shop) -> None:
    actor = Actor((await shop.customer()).id, "test")
    await shop.request_sign_up(
        SignUpCommand(
            email=sought_email_address("ann@example.com"), password=PASSWORD, full_name="Ann", actor=SOMEBODY
        )
    )
    await shop.deliver_mail()
    await shop.verify_email(VerifyEmailCommand(token=shop.mailbox.token(), actor=SOMEBODY))
    tokens = await shop.log_in(
        LogInCommand(
            email=sought_email_address("ann@example.com"), password=PASSWORD, network=NETWORK, actor=SOMEBODY
        )
    )
    ann = await shop.principal_of(tokens)
    await shop.request_email_change(
        RequestEmailChangeCommand(
            user_id=ann.user_id,
            session_id=ann.session_id,
            email=sought_email_address("ann.new@example.com"),
            current_password=PASSWORD,
            network=NETWORK,
            actor=actor,
        )
    )
    await shop.deliver_mail()
    (index,) = [n for n, sent in enumerate(shop.mailbox.messages) if sent.to.typed == "ann.new@example.com"]
    await shop.verify_email(VerifyEmailCommand(token=shop.mailbox.token(index), actor=SOMEBODY))
    await shop.change_password(
        ChangePasswordCommand(
            user_id=ann.user_id,
            session_id=ann.session_id,
            current_password=PASSWORD,
            new_password="another password of some length",
            network=NETWORK,
            actor=actor,
        )
    )
    for changes in (
        AccountChanges(role=Role.STAFF),
        AccountChanges(status=UserStatus.DISABLED),
        AccountChanges(status=UserStatus.ACTIVE),
    ):
        seen = (await shop.get_user(ann.user_id)).version
        await shop.change_user(
            ChangeUserCommand(user_id=ann.user_id, expected_version=seen, changes=changes, actor=actor)
        )
    seen = (await shop.get_user(ann.user_id)).version
    renamed = await shop.change_me(
        ChangeMeCommand(user_id=ann.user_id, expected_version=seen, full_name=None, actor=actor)
    )
    await shop.close_account(
        CloseAccountCommand(user_id=ann.user_id, expected_version=renamed.version, actor=actor)
    )


async def record_every_product_event(shop: Shop) -> None:
    mug = await shop.product(stock=1)
    await shop.cancel(await shop.order(mug))
    changes = ProductChanges(name="Cup", attributes=None)
    changed = await shop.change_product(
        ChangeProductCommand(product_id=mug.id, expected_version=mug.version, changes=changes, actor=SOMEBODY)
    )
    await shop.archive_product(mug.id, expected_version=changed.version, actor=SOMEBODY)


async def record_every_webhook_event(shop: Shop) -> None:
    webhooks = Webhooks(shop)
    paused = await webhooks.edit(await webhooks.endpoint(), EndpointChanges(paused=True))
    await webhooks.edit(paused, EndpointChanges(paused=False))


async def test_event_of_every_type_is_valid_against_its_schema() -> None:
    shop = Shop(memory_store())
    mug = await shop.product(stock=5)
    await shop.cancel(await shop.order(mug))
    await shop.cancel(await shop.order(mug, 2), 1)
    await record_every_order_event(shop)
    await record_every_user_event(shop)
    await record_every_product_event(shop)
    await record_every_webhook_event(shop)
    await shop.store.event_feed.publish_new(limit=100)
    events = (await shop.store.event_feed.read(after=None, type_=None, limit=100)).events
    assert {event.type for event in events} == set(EVENT_TYPES)
    for event in events:
        payload = DOCUMENT["components"]["messages"][event.type]["payload"]
        validator = jsonschema_rs.validator_for(
            {**payload, "components": DOCUMENT["components"]}, validate_formats=True
        )
        envelope = cloud_event(event, source="http://shop")
        assert list(map(str, validator.iter_errors(envelope))) == []
        assert not validator.is_valid({**envelope, "type": "order.celebrated"})
        assert not validator.is_valid({**envelope, "data": []})
