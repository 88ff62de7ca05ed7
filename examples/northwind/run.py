"""Run the demo: import, place, pay, ship, refund, and reconcile."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from rich.console import Console

from domain.shared.actor import Actor
from entrypoints.bootstrap.root import Container
from entrypoints.catalog_file.reading import read_catalog
from examples.northwind.accounts import log_in_all, password_of
from examples.northwind.carry_out import People, PerformedActions, carry_out_all
from examples.northwind.client import AT_ONCE, Client, connected
from examples.northwind.data import PRODUCTS_FILE, Northwind
from examples.northwind.failures import DemoFailed
from examples.northwind.fetched_orders import read_back
from examples.northwind.place import Placed, place_all
from examples.northwind.reconcile import Check, check_events, check_orders, check_stock
from examples.northwind.reconcile_fulfillment import check_action_events, check_actions, check_rules
from examples.northwind.report import (
    WaitReporter,
    differences_of,
    print_actions,
    print_checks,
    print_customers,
    print_import,
    print_placing,
    progress_on,
)
from examples.northwind.staff import CASHIER, PACKER, log_in_staff


async def run_demo(container: Container, url: str, console: Console, northwind: Northwind) -> list[str]:
    """Run the demo against the service at `url`. The service uses the container's database.

    Return one line for each difference between the shop and the files. Running the demo again changes nothing. Raises
    DemoFailed.
    """
    product_ids = await _import(container, northwind, console)
    async with connected(url, WaitReporter(console)) as client:
        await _ensure_same_database(client, product_ids)
        with progress_on(console) as bar:
            task = bar.add_task("Customers", total=len(northwind.customers))
            tokens = await log_in_all(client, northwind.customers, progress=lambda: bar.advance(task))
        first = next(iter(northwind.customers))
        print_customers(console, len(tokens), email=first.email, password=password_of(first))
        placed = await _place(client, northwind, tokens, product_ids, console)
        people = People(
            customers=tokens,
            packer=await log_in_staff(container, client, PACKER),
            cashier=await log_in_staff(container, client, CASHIER),
        )
        performed = await _carry_out(client, northwind, people, placed, console)
        with console.status("Reconciling"):
            checks = await _reconcile(client, container, northwind, tokens, product_ids)
    print_checks(console, checks)
    return differences_of(checks, [*placed.refusals, *performed.refusals])


async def _import(container: Container, northwind: Northwind, console: Console) -> Mapping[str, UUID]:
    """Import the catalog and return the products' ids by SKU."""
    rows = read_catalog(PRODUCTS_FILE, progress=lambda _: None)
    plan = await container.catalog.plan_import()(rows, replace=True, progress=lambda _: None)
    result = await container.catalog.import_catalog()(
        plan, actor=Actor(None, "demo"), progress=lambda _: None
    )
    print_import(console, result)
    async with container.database.unit_of_work()() as work:
        products = await work.products.find_by_sku(northwind.products)
    return {sku: product.id for sku, product in products.items()}


async def _ensure_same_database(client: Client, product_ids: Mapping[str, UUID]) -> None:
    response = await client.send("GET", f"/v1/products/{next(iter(product_ids.values()))}")
    if response.status_code != HTTPStatus.OK:
        raise DemoFailed(
            "The service that answers there is not Steelyard, or has another database than the settings name. Stop it, "
            "or set STEELYARD_PORT to a free port: then the demo starts a service of its own."
        )


async def _place(
    client: Client,
    northwind: Northwind,
    tokens: Mapping[str, str],
    product_ids: Mapping[str, UUID],
    console: Console,
) -> Placed:
    with progress_on(console) as bar:
        task = bar.add_task(f"Orders, {AT_ONCE} at a time", total=len(northwind.orders))
        began = time.perf_counter()
        placed = await place_all(
            client, northwind, tokens=tokens, product_ids=product_ids, progress=lambda: bar.advance(task)
        )
        seconds = time.perf_counter() - began
    print_placing(console, placed, seconds=seconds)
    return placed


async def _carry_out(
    client: Client, northwind: Northwind, people: People, placed: Placed, console: Console
) -> PerformedActions:
    with progress_on(console) as bar:
        task = bar.add_task("Payments and parcels", total=len(northwind.orders))
        performed = await carry_out_all(
            client, northwind, people, placed.orders, progress=lambda: bar.advance(task)
        )
    print_actions(console, performed)
    return performed


async def _reconcile(
    client: Client,
    container: Container,
    northwind: Northwind,
    tokens: Mapping[str, str],
    product_ids: Mapping[str, UUID],
) -> list[Check]:
    fetched = await read_back(client, tokens, [order.id for order in northwind.orders])
    order_ids = {order.id for order in fetched}
    return [
        *check_orders(northwind, fetched),
        *await check_stock(
            container.catalog.get_stock(),
            container.catalog.list_movements(),
            northwind,
            product_ids=product_ids,
            order_ids=order_ids,
        ),
        *check_actions(northwind, fetched),
        *await check_events(container.database.outbox_queries(), northwind, order_ids=order_ids),
        *await check_action_events(container.database.outbox_queries(), northwind, order_ids=order_ids),
        *check_rules(await container.checks.check_shop()()),
    ]
