"""A trace leads from a request to the deliveries of the request's events. A collector receives the trace."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from entrypoints.bootstrap.root import Container
from entrypoints.worker import jobs_of
from tests.integration.http.services import container_on
from tests.kit.streams import STREAM
from tests.kit.web import PASSWORD, WebShop, key, order_body, web_shop
from tests.servers.nats import NatsServer, nats_server
from tests.servers.otlp import Collector, attributes_of, collector, parents
from tests.servers.subscriber import Subscriber

PLACING = "POST /v1/orders"
REMOTE_TRACE = "0af7651916cd43dd8448eb211c80319c"
REMOTE = {"traceparent": f"00-{REMOTE_TRACE}-b7ad6b7169203331-01"}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector of spans. An environment variable contains the collector's URL."""
    with collector() as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        yield received


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[NatsServer]:
    with nats_server(tmp_path) as server:
        yield server


@pytest.fixture
async def subscriber() -> AsyncIterator[Subscriber]:
    subscriber = Subscriber()
    async with subscriber.server:
        yield subscriber


@asynccontextmanager
async def shop_on(database_url: str, **settings: Any) -> AsyncIterator[WebShop]:
    container = container_on(database_url, webhooks_to_private_addresses=True, **settings)
    async with web_shop(container) as web:
        yield web


async def work(container: Container) -> None:
    for job in jobs_of(container):
        await job()


async def test_one_trace_contains_an_order_and_the_deliveries_of_the_order_events(
    spans: Collector, database_url: str, stream: NatsServer, subscriber: Subscriber
) -> None:
    async with shop_on(database_url, nats_url=stream.url) as web:
        admin, customer = await web.admin(), await web.customer()
        await admin.post(
            "/v1/webhook-endpoints", json={"url": subscriber.url, "event_types": ["order.placed"]}
        )
        mug = await web.product()
        placed = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))
        assert placed.status_code == 201
        await work(web.container)
        await web.container.events.nats_publisher().close()

    [request] = spans.named(PLACING)
    trace = spans.trace(request)
    parent = parents(trace)
    assert parent[PLACING] is None
    assert parent["place orders"] == PLACING
    assert parent["send webhook"] == PLACING
    assert parent["publish order.placed"] == PLACING
    batch = spans.named("place orders")[0]
    statements = [span for span in trace if attributes_of(span).get("db.system.name") == "postgresql"]
    assert len(statements) == 1 + 3  # one span for connecting, and three for statements: lock, read, write
    assert {span.parent_span_id for span in statements} <= {request.span_id, batch.span_id}
    assert [link.span_id for link in batch.links] == [request.span_id]
    [sending] = spans.named("send webhook")
    assert attributes_of(sending)["http.response.status_code"] == 204
    [(headers, _)] = subscriber.requests
    assert context_of(sending) in headers["traceparent"]
    [publishing] = spans.named("publish order.placed")
    assert any(context_of(publishing) in traceparent for traceparent in await traceparents(stream))


def context_of(span: Span) -> str:
    """Return the part of the header `traceparent` that identifies a span."""
    return f"00-{span.trace_id.hex()}-{span.span_id.hex()}-"


async def traceparents(stream: NatsServer) -> set[str]:
    """Return the trace contexts of the event messages in the JetStream stream."""
    client = await nats.connect(stream.url)
    try:
        found = client.jetstream()
        last = (await found.stream_info(STREAM)).state.last_seq
        messages = [await found.get_msg(STREAM, number) for number in range(1, last + 1)]
    finally:
        await client.close()
    return {(message.headers or {}).get("traceparent", "") for message in messages}


async def test_trace_of_a_batch_has_links_to_the_traces_of_all_batched_requests(
    spans: Collector, database_url: str
) -> None:
    async with shop_on(database_url) as web:
        mug, customers = await web.product(stock=50), [await web.customer() for _ in range(8)]
        responses = await asyncio.gather(
            *(
                customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))
                for customer in customers
            )
        )
        assert {response.status_code for response in responses} == {201}
    linked = {link.span_id for batch in spans.named("place orders") for link in batch.links}
    assert linked == {span.span_id for span in spans.named(PLACING)}
    assert len(spans.named("place orders")) < len(customers)
    for batch in spans.named("place orders"):
        assert attributes_of(batch)["messaging.batch.message_count"] == len(batch.links)


async def test_request_with_a_trace_context_continues_the_trace_of_the_client(
    spans: Collector, database_url: str
) -> None:
    async with shop_on(database_url) as web:
        await web.anonymous.get("/v1/products", headers=REMOTE)
    [request] = spans.named("GET /v1/products")
    assert request.trace_id.hex() == REMOTE_TRACE


async def test_unsampled_traces_are_excluded_from_export_and_from_events(
    spans: Collector, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    async with shop_on(database_url) as web:
        mug, customer = await web.product(), await web.customer()
        await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))
        await work(web.container)
        page = await web.container.database.event_feed().read(after=None, type_=None, limit=100)
    assert {event.traceparent for event in page.events} == {None}
    assert spans.spans == []


async def test_sampling_ratio_of_new_traces_equals_the_configured_ratio(
    spans: Collector, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For 400 requests, 200 traces are expected.

    The limits 140 and 260 are six standard deviations away from 200. A sampler that decided twice per request would
    create about 100 traces.
    """
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    async with shop_on(database_url) as web:
        for _ in range(400):
            await web.anonymous.get("/.well-known/jwks.json", headers={"traceparent": "invalid"})
    assert 140 < len(spans.named("GET /.well-known/jwks.json")) < 260


async def test_spans_contain_no_data_of_clients(spans: Collector, database_url: str) -> None:
    async with shop_on(database_url) as web:
        staff, anonymous = await web.staff(), web.anonymous
        mug = await web.product(name="canary mug")
        customer = await web.customer()
        await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("canary"))
        await anonymous.get("/v1/products", params={"q": "canary"})
        await anonymous.get("/canary/ann@example.com")
        await anonymous.post("/token", data={"username": "canary@example.com", "password": "canary canary"})
        await staff.get("/v1/users", params={"email": "canary@example.com"})
        token = customer.headers["Authorization"].removeprefix("Bearer ")
    exported = str(spans)
    assert len(spans.spans) > 30
    for secret in ("canary", PASSWORD, "@example.com", token, "SELECT ", "INSERT INTO", "127.0.0.1:5432"):
        assert secret not in exported
    assert not any(span.events or span.status.message for span in spans.spans)


async def test_spans_of_a_failed_sql_statement_contain_no_data_of_clients(
    spans: Collector, database_url: str
) -> None:
    async with shop_on(database_url) as web:
        await web.account()
        made = await web.anonymous.post(
            "/v1/users", json={"email": "customer-1@example.com", "password": "canary canary canary"}
        )
        assert made.status_code < 500
    assert "canary" not in str(spans)
    assert "customer-1" not in str(spans)


async def test_health_checks_and_jobs_have_no_spans(spans: Collector, database_url: str) -> None:
    async with shop_on(database_url) as web:
        await web.anonymous.get("/livez")
        await web.anonymous.get("/readyz")
        await work(web.container)
    assert spans.spans == []


async def test_service_name_in_traces_is_steelyard_unless_otel_service_name_is_set(
    spans: Collector, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop_on(database_url) as web:
        await web.anonymous.get("/v1/products")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "storefront-orders")
    async with shop_on(database_url) as web:
        await web.anonymous.get("/v1/products")
    names = [
        attribute.value.string_value
        for request in spans.requests
        for resource in request.resource_spans
        for attribute in resource.resource.attributes
        if attribute.key == "service.name"
    ]
    assert (names[0], names[-1]) == ("steelyard", "storefront-orders")
