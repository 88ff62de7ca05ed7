"""Several processes on one PostgreSQL share the counts of failed attempts.

Responses do not reveal which accounts exist.
"""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from adapters.system import UuidV7Factory
from application.clients.authenticate_client import ClientCredentials, InvalidClient
from application.sessions.log_in import LogInCommand, WrongCredentials
from application.throttling.throttle import TooManyAttempts
from application.users.sign_up import SignUpCommand
from domain.users.attempts import ACCOUNT_BACKOFF, AttemptKind
from domain.users.permissions import Scope
from entrypoints.email_addresses import sought_email_address
from tests.integration.postgres.sent import statements_of
from tests.kit.accounts import NETWORK, PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.postgres_store import postgres_store
from tests.kit.shop import Shop

FREE = ACCOUNT_BACKOFF[AttemptKind.LOG_IN].free


async def guess(shop: Shop, email: str) -> str:
    try:
        await shop.log_in(
            LogInCommand(email=sought_email_address(email), password="wrong", network=NETWORK, actor=SOMEBODY)
        )
    except (WrongCredentials, TooManyAttempts) as refusal:
        return refusal.code
    raise AssertionError


async def test_two_processes_together_permit_as_many_password_guesses_as_one_process(
    database_url: str,
) -> None:
    async with AsyncExitStack() as stack:
        stores = [
            await stack.enter_async_context(postgres_store(database_url, UuidV7Factory())) for _ in range(2)
        ]
        shops = [Shop(store) for store in stores]
        await shops[0].customer("ann@example.com")
        answers = Counter(await asyncio.gather(*(guess(shops[n % 2], "ann@example.com") for n in range(24))))
    assert answers == {"invalid_grant": FREE + 1, "too_many_attempts": 23 - FREE}


async def test_log_in_executes_the_same_statements_for_known_and_unknown_email_addresses(
    database_url: str,
) -> None:
    """Durations depend on the machine, so this test compares statements."""
    async with postgres_store(database_url) as store:
        shop = Shop(store)
        await shop.customer("ann@example.com")
        with statements_of(store.attempts._engine) as sent:  # type: ignore[attr-defined] # only the unit of work on PostgreSQL has the attribute
            asked = []
            for email in ("ann@example.com", "nobody@example.com"):
                for _ in range(FREE + 2):
                    await guess(shop, email)
                asked.append([statement for statement, _ in sent])
                sent.clear()
    known, unknown = asked
    assert known == unknown
    assert len(known) == 5 * (FREE + 1) + 1, "look, lock, count, find the account and tell the audit log"
    assert known[-1].startswith("SELECT"), "who has to wait costs a look, and writes nothing"


async def test_client_log_in_executes_the_same_statements_for_known_and_unknown_ids(
    database_url: str,
) -> None:
    async with postgres_store(database_url) as store:
        shop = Shop(store)
        made = await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
        with statements_of(store.attempts._engine) as sent:  # type: ignore[attr-defined] # only the unit of work on PostgreSQL has the attribute
            asked = []
            for client_id in (str(made.client_id), str(shop.ids.new()), "no id"):
                shown = ClientCredentials(
                    client_id=client_id, secret="wrong", network=NETWORK, actor=SOMEBODY
                )
                for _ in range(FREE + 2):
                    with pytest.raises((InvalidClient, TooManyAttempts)):
                        await shop.issue_token(shown, scope="")
                asked.append([statement for statement, _ in sent])
                sent.clear()
    known, unknown, no_id = asked
    assert known == unknown == no_id
    assert len(known) == 5 * (FREE + 1) + 2, "find the client, look, lock, count and tell"
    assert all(statement.startswith("SELECT") for statement in known[-2:]), "who has to wait writes nothing"


async def test_password_reset_request_executes_the_same_statements_for_any_email_address(
    database_url: str,
) -> None:
    async with postgres_store(database_url) as store:
        shop = Shop(store)
        await shop.customer("ann@example.com")
        with statements_of(store.attempts._engine) as sent:  # type: ignore[attr-defined] # only the unit of work on PostgreSQL has the attribute
            asked = []
            for email in ("ann@example.com", "nobody@example.com"):
                await shop.request_password_reset(sought_email_address(email), network=NETWORK)
                asked.append([statement for statement, _ in sent])
                sent.clear()
    known, unknown = asked
    assert known == unknown


async def test_sign_up_executes_the_same_statements_for_known_and_new_email_addresses(
    database_url: str,
) -> None:
    """If e-mail verification is required, the responses are also equal."""
    async with postgres_store(database_url) as store:
        shop = Shop(store)
        await shop.customer("ann@example.com")
        with statements_of(store.attempts._engine) as sent:  # type: ignore[attr-defined] # only the unit of work on PostgreSQL has the attribute
            asked = []
            for email in ("ann@example.com", "nobody@example.com"):
                await shop.request_sign_up(
                    SignUpCommand(
                        email=sought_email_address(email), password=PASSWORD, network=NETWORK, actor=SOMEBODY
                    )
                )
                asked.append([statement for statement, _ in sent])
                sent.clear()
    known, unknown = asked
    assert known == unknown
