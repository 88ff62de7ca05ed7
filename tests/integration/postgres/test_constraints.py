import traceback

import asyncpg
import pytest
from sqlalchemy.exc import IntegrityError

from adapters.postgres.core.constraints import REFUSALS
from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from application.users.ports import EmailTaken
from domain.catalog.stock import ReservationExceedsStock
from domain.payments.payment import Payment
from domain.shared.ids import OrderId, PaymentId
from tests.integration.postgres.accounts import SECRET, user_of
from tests.kit.actors import SOMEBODY, STAFF
from tests.kit.shop import Shop


async def test_every_database_constraint_that_is_mapped_to_an_error_exists(psql: asyncpg.Connection) -> None:
    rows = await psql.fetch("SELECT conname::text FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
    names = {name for (name,) in rows}
    assert set(REFUSALS) <= names


async def test_every_constraint_has_an_explicit_name(psql: asyncpg.Connection) -> None:
    rows = await psql.fetch(
        "SELECT conname::text FROM pg_constraint JOIN pg_class c ON c.oid = conrelid"
        " WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND relname <> 'alembic_version'"
    )
    assert {name.split("_")[0] for (name,) in rows} == {"pk", "uq", "ck", "fk"}


async def test_database_rejects_a_stock_with_more_reserved_units_than_units_on_hand(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    mug = await shop.product(stock=1)
    async with unit_of_work(SOMEBODY) as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        stock.reserve(1, order_id=OrderId(shop.ids.new()), now=shop.clock.now(), actor=STAFF)
        stock.reserved = 2
        await work.stocks.save([stock])
        with pytest.raises(ReservationExceedsStock):
            await work.flush()
    assert (await shop.get_stock(mug.id)).reserved == 0


async def test_traceback_of_a_constraint_violation_does_not_contain_the_row(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    existing = "ann@example.com"
    await shop.customer(existing)
    async with unit_of_work(SOMEBODY) as work:
        with pytest.raises(EmailTaken) as refused:
            await work.users.add(user_of(shop, existing))
    shown = "".join(traceback.format_exception(refused.value))
    assert "uq_users_email" in shown
    assert existing not in shown
    assert SECRET not in shown


async def test_error_for_an_unmapped_constraint_does_not_contain_the_row(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    user = user_of(shop, "ann@example.com")
    user.status = "gone"  # type: ignore[assignment]  # the test assigns a wrong type on purpose
    async with unit_of_work(SOMEBODY) as work:
        with pytest.raises(IntegrityError) as failed:
            await work.users.add(user)
    shown = "".join(traceback.format_exception(failed.value))
    assert "ck_users_status" in shown
    assert "ann@" not in shown
    assert SECRET not in shown


async def test_database_rejects_a_second_payment_while_the_first_payment_has_no_result(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    order = await shop.order(await shop.product(stock=1))
    first = await shop.pay(order, "tok_pending")
    async with unit_of_work() as work:
        await work.orders.get(order.id)
        second = Payment.request(
            id=PaymentId(shop.ids.new()),
            order_id=order.id,
            method=first.method,
            amount=first.amount,
            now=shop.clock.now(),
        )
        with pytest.raises(IntegrityError, match="uq_payments_undecided"):
            await work.payments.add([second])
