"""All transactions lock the rows of an account, and insert idempotency keys, in the same sequence.

Deadlocks are therefore impossible.
"""

import asyncio
from collections import Counter

import asyncpg
import pytest

from application.mail.request import MailKind, MailRequest
from application.shared.idempotency import IdempotencyKeyReused, IdempotentResult
from application.users.sign_up import SignUpCommand
from application.users.verify_email import VerifyEmailCommand
from domain.shared.ids import ClientId
from domain.users.email_address import EmailAddress
from domain.users.one_time_token import InvalidOneTimeToken, OneTimeToken, TokenPurpose, text_of
from domain.users.user import User
from tests.integration.postgres.accounts import user_of
from tests.kit.accounts import PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop

EMAIL = "ann@example.com"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def transactions_wait(psql: asyncpg.Connection, count: int) -> None:
    async with asyncio.timeout(20):
        while await psql.fetchval(WAITING) < count:  # noqa: ASYNC110 - must poll, because PostgreSQL does not announce waits
            await asyncio.sleep(0.01)


async def one_transaction_waits(psql: asyncpg.Connection) -> None:
    await transactions_wait(psql, 1)


async def registered(shop: Shop) -> tuple[User, EmailAddress]:
    user = user_of(shop, EMAIL)
    assert user.email
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.users.add(user)
        await work.commit()
    return user, user.email


async def erase(shop: Shop, user: User) -> None:
    async with shop.store.unit_of_work() as work:
        await work.users.get(user.id)
        await work.personal_data.erase(user)
        await work.commit()


async def test_account_closure_and_mail_to_the_account_do_not_deadlock(
    shop: Shop, psql: asyncpg.Connection
) -> None:
    user, email = await registered(shop)
    now = shop.clock.now()
    token = OneTimeToken.issue(user.id, TokenPurpose.RESET_PASSWORD, b"first", now=now)
    async with shop.store.unit_of_work() as work:
        await work.mail.add(MailRequest.made(MailKind.PASSWORD_RESET, email, now=now))
        await work.one_time_tokens.put(token)
        await work.commit()
    async with asyncio.TaskGroup() as tasks, shop.store.unit_of_work() as worker:
        assert await worker.mail.next_due(now)
        tasks.create_task(erase(shop, user))
        await one_transaction_waits(psql)
        await worker.one_time_tokens.put(
            OneTimeToken.issue(user.id, TokenPurpose.RESET_PASSWORD, b"second", now=now)
        )
        await worker.commit()
    assert await psql.fetchval("SELECT count(*) FROM one_time_tokens") == 0
    assert await psql.fetchval("SELECT count(*) FROM mail_requests") == 0


async def test_sign_up_confirmation_and_account_closure_do_not_deadlock(
    shop: Shop, psql: asyncpg.Connection
) -> None:
    user, email = await registered(shop)
    await shop.request_sign_up(SignUpCommand(email=email, password=PASSWORD, full_name="Ann", actor=SOMEBODY))
    [sign_up_id] = [row["id"] for row in await psql.fetch("SELECT id FROM sign_ups")]
    async with shop.store.unit_of_work() as work:
        sign_up = await work.sign_ups.get(sign_up_id)
        assert sign_up
        await work.sign_ups.save(sign_up.with_token(b"secret"))
        await work.commit()
    confirming = VerifyEmailCommand(token=text_of(b"secret"), actor=SOMEBODY)
    async with asyncio.TaskGroup() as tasks, shop.store.unit_of_work() as closing:
        await closing.users.get(user.id)
        confirmed = tasks.create_task(_refusal(shop, confirming))
        await one_transaction_waits(psql)
        await closing.personal_data.erase(user)
        await closing.commit()
    assert confirmed.result() is InvalidOneTimeToken


async def test_batches_blocked_by_a_locked_idempotency_key_do_not_deadlock(
    shop: Shop, psql: asyncpg.Connection
) -> None:
    """Another transaction inserts the second idempotency key first.

    The transaction ends when both batches are blocked.
    """
    mug, cup = await shop.product(stock=3), await shop.product(stock=3)
    ann, bob, client = await shop.customer(), await shop.customer(), ClientId(shop.ids.new())
    of_ann = [shop.commands.place_order((mug, 1), customer=ann, placed_by=client, key=key) for key in "123"]
    of_bob = [shop.commands.place_order((cup, 1), customer=bob, placed_by=client, key=key) for key in "321"]
    async with asyncio.TaskGroup() as tasks, shop.store.unit_of_work() as holder:
        await holder.idempotency.store({of_ann[1].key: ann})
        await holder.flush()
        first = tasks.create_task(shop.batch()(of_ann))
        second = tasks.create_task(shop.batch()(of_bob))
        await transactions_wait(psql, 2)
    outcomes = Counter(type(outcome) for outcome in (*first.result(), *second.result()))
    assert outcomes == {IdempotentResult: 3, IdempotencyKeyReused: 3}


async def _refusal(shop: Shop, command: VerifyEmailCommand) -> type[Exception]:
    with pytest.raises(Exception) as refused:  # noqa: PT011 - the test compares the type
        await shop.verify_email(command)
    return refused.type
