import asyncio

import pytest

from application.users.ports import EmailTaken
from application.users.views import UserView
from domain.shared.ids import UserId
from domain.users.user import User
from entrypoints.email_addresses import parse_email_address
from tests.kit.actors import SOMEBODY
from tests.kit.examples import a_user
from tests.kit.shop import Shop


async def add(shop: Shop, user: User) -> None:
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.users.add(user)
        await work.commit()


async def find(shop: Shop, email: str) -> User | None:
    async with shop.store.unit_of_work() as work:
        return await work.users.find_by_email(parse_email_address(email))


@pytest.mark.parametrize("full_name", [None, "Zoë 東京"])
async def test_saved_user_is_read_back_unchanged(shop: Shop, full_name: str | None) -> None:
    user = a_user(shop.ids, email="zoë@example.com", full_name=full_name)
    await add(shop, user)
    found = await find(shop, "zoë@example.com")
    assert found is not None
    assert UserView.of(found) == UserView.of(user) == await shop.get_user(user.id)
    assert found.password_hash == user.password_hash
    assert found.events == []


async def test_user_queries_return_none_for_an_unknown_user(shop: Shop) -> None:
    assert await find(shop, "ann@example.com") is None
    assert await shop.store.users.get(UserId(shop.ids.new())) is None


async def test_unsaved_user_change_is_not_stored(shop: Shop) -> None:
    await add(shop, a_user(shop.ids, full_name="Ann"))
    found = await find(shop, "ann@example.com")
    assert found
    found.full_name = "Bob"
    again = await find(shop, "ann@example.com")
    assert again
    assert again.full_name == "Ann"


async def test_account_with_an_existing_email_address_is_rejected(shop: Shop) -> None:
    await add(shop, a_user(shop.ids, email="ann@example.com"))
    with pytest.raises(EmailTaken):
        await add(shop, a_user(shop.ids, email="ann@example.com"))
    assert (await shop.store.outbox.counts())["user.signed_up"] == 1


async def test_email_address_can_be_used_if_its_account_was_not_committed(shop: Shop) -> None:
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.users.add(a_user(shop.ids, email="ann@example.com"))
    await add(shop, a_user(shop.ids, email="ann@example.com"))


async def test_only_one_of_several_concurrently_created_accounts_with_one_email_is_stored(shop: Shop) -> None:
    outcomes = await asyncio.gather(
        *(shop.customer("ann@example.com") for _ in range(20)), return_exceptions=True
    )
    winners = [outcome for outcome in outcomes if isinstance(outcome, UserView)]
    assert len(winners) == 1
    assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 19
    assert (await shop.store.outbox.counts())["user.signed_up"] == 1
