"""Service clients are stored, authenticated and disabled, in memory and on PostgreSQL.

Some of the tests send concurrent requests.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from application.clients.authenticate_client import ClientCredentials, InvalidClient
from application.clients.ports import ClientNameTaken, ClientRepository
from application.clients.views import ClientView, NewSecretView, SecretView
from application.shared.errors import Overloaded
from application.signing.ports import InvalidToken
from application.throttling.throttle import TooManyAttempts
from application.users.principal import ClientPrincipal
from domain.clients.client import ServiceClient, TooManySecrets
from domain.shared.errors import NotFound
from domain.shared.ids import ClientId, SecretId
from domain.users.attempts import ACCOUNT_BACKOFF, NETWORK_BACKOFF, AttemptKind
from domain.users.permissions import Permission, Scope
from tests.kit.accounts import NETWORK
from tests.kit.actors import SOMEBODY
from tests.kit.examples import UNICODE
from tests.kit.shop import Shop

FREE = ACCOUNT_BACKOFF[AttemptKind.CLIENT_SECRET].free
FREE_ATTEMPTS_PER_NETWORK = NETWORK_BACKOFF[AttemptKind.CLIENT_SECRET].free
NAME = "Wärehouse 東京 %_"


def credentials(made: NewSecretView, secret: str | None = None, network: str = NETWORK) -> ClientCredentials:
    return ClientCredentials(
        client_id=str(made.client_id),
        secret=made.secret if secret is None else secret,
        network=network,
        actor=SOMEBODY,
    )


async def attempt(shop: Shop, shown: ClientCredentials) -> str | int:
    """Request a token, and return the result.

    For a throttled client, the result is the number of seconds to wait.
    """
    try:
        await shop.issue_token(shown, scope="")
    except InvalidClient:
        return "wrong"
    except TooManyAttempts as refusal:
        return refusal.retry_after
    return "in"


async def the_client(shop: Shop) -> ClientView:
    (client,) = await shop.list_clients()
    return client


async def bearer(shop: Shop, made: NewSecretView, scope: str = "") -> ClientPrincipal:
    token = await shop.issue_token(credentials(made), scope=scope)
    principal = await shop.authenticate(token.access.token)
    assert isinstance(principal, ClientPrincipal)
    return principal


async def test_client_secret_is_shown_only_when_it_is_created(shop: Shop) -> None:
    made = await shop.create_client(NAME, [Scope.WRITE_STOCK, Scope.READ_ORDERS], actor=SOMEBODY)
    client = await the_client(shop)
    assert client == ClientView(
        id=made.client_id,
        name=NAME,
        scopes=(Scope.READ_ORDERS, Scope.WRITE_STOCK),
        secrets=(SecretView(id=client.secrets[0].id, created_at=shop.clock.now(), last_used_at=None),),
        created_at=shop.clock.now(),
        disabled_at=None,
    )
    assert made.secret not in repr(made) + repr(client)


async def test_clients_are_sorted_by_name_and_client_secrets_are_sorted_by_age(shop: Shop) -> None:
    for name in ("till", "courier", "warehouse"):
        await shop.create_client(name, [Scope.READ_ORDERS], actor=SOMEBODY)
    await shop.roll_secret("courier", actor=SOMEBODY)
    await shop.disable_client("warehouse", actor=SOMEBODY)
    clients = await shop.list_clients()
    assert [(client.name, len(client.secrets)) for client in clients] == [
        ("courier", 2),
        ("till", 1),
        ("warehouse", 0),
    ]
    first, second = clients[0].secrets
    assert first.id < second.id


async def test_only_one_of_two_concurrently_created_clients_with_equal_names_is_stored(shop: Shop) -> None:
    endings = await asyncio.gather(
        *(shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY) for _ in range(2)),
        return_exceptions=True,
    )
    assert [type(ending) for ending in endings if isinstance(ending, Exception)] == [ClientNameTaken]
    assert len(await shop.list_clients()) == 1


async def test_access_token_of_a_client_contains_the_granted_scopes(shop: Shop) -> None:
    made = await shop.create_client("till", [Scope.WRITE_STOCK, Scope.READ_ORDERS], actor=SOMEBODY)
    secret = (await the_client(shop)).secrets[0]
    assert await bearer(shop, made) == ClientPrincipal(
        made.client_id, secret.id, frozenset({Scope.READ_ORDERS, Scope.WRITE_STOCK})
    )
    assert (await bearer(shop, made, "orders:read")).scopes == frozenset({Scope.READ_ORDERS})


async def test_last_use_of_each_client_secret_is_recorded(shop: Shop) -> None:
    first = await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    await shop.roll_secret("till", actor=SOMEBODY)
    shop.clock.advance(timedelta(days=1))
    await bearer(shop, first)
    assert [secret.last_used_at for secret in (await the_client(shop)).secrets] == [shop.clock.now(), None]


async def test_former_client_secret_is_still_valid_after_rotation(shop: Shop) -> None:
    first = await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    second = await shop.roll_secret("till", actor=SOMEBODY)
    assert first.client_id == second.client_id
    assert [await attempt(shop, credentials(made)) for made in (first, second)] == ["in", "in"]
    with pytest.raises(TooManySecrets):
        await shop.roll_secret("till", actor=SOMEBODY)
    await shop.retire_secret("till", (await the_client(shop)).secrets[0].id, actor=SOMEBODY)
    assert [await attempt(shop, credentials(made)) for made in (first, second)] == ["wrong", "in"]


async def test_only_one_of_several_concurrent_client_secret_rotations_succeeds(shop: Shop) -> None:
    await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    endings = await asyncio.gather(
        *(shop.roll_secret("till", actor=SOMEBODY) for _ in range(2)), return_exceptions=True
    )
    assert [type(ending) for ending in endings if isinstance(ending, Exception)] == [TooManySecrets]
    assert len((await the_client(shop)).secrets) == 2


async def test_client_token_is_rejected_after_the_client_secret_is_retired(shop: Shop) -> None:
    first = await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    second = await shop.roll_secret("till", actor=SOMEBODY)
    by_first, by_second = await bearer(shop, first), await bearer(shop, second)
    assert [await shop.confirm_principal(actor) for actor in (by_first, by_second)] == [by_first, by_second]
    await shop.retire_secret("till", by_first.secret_id, actor=SOMEBODY)
    with pytest.raises(InvalidToken):
        await shop.confirm_principal(by_first)
    assert await shop.confirm_principal(by_second) == by_second
    await shop.disable_client("till", actor=SOMEBODY)
    with pytest.raises(InvalidToken):
        await shop.confirm_principal(by_second)


async def test_scopes_of_a_client_are_not_found_with_the_secret_id_of_another_client(shop: Shop) -> None:
    one = await bearer(shop, await shop.create_client("one", [Scope.READ_ORDERS], actor=SOMEBODY))
    other = await bearer(shop, await shop.create_client("other", [Scope.READ_ORDERS], actor=SOMEBODY))
    assert await shop.store.clients.scopes_of(one.client_id, one.secret_id) == frozenset({Scope.READ_ORDERS})
    assert await shop.store.clients.scopes_of(other.client_id, one.secret_id) is None


async def test_client_token_loses_permissions_if_a_scope_of_the_client_is_withdrawn(shop: Shop) -> None:
    made = await shop.create_client("till", [Scope.READ_ORDERS, Scope.READ_EVENTS], actor=SOMEBODY)
    principal = await bearer(shop, made)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        client = await work.clients.get(principal.client_id)
        assert client is not None
        client.scopes = frozenset({Scope.READ_ORDERS, Scope.WRITE_STOCK})
        await work.clients.save(client)
        await work.commit()
    assert (await shop.confirm_principal(principal)).permissions == {Permission.SEE_ALL_ORDERS}


async def test_disabled_client_cannot_authenticate_and_its_name_remains_reserved(shop: Shop) -> None:
    made = await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    await shop.disable_client("till", actor=SOMEBODY)
    assert await attempt(shop, credentials(made)) == "wrong"
    client = await the_client(shop)
    assert (client.id, client.secrets, client.disabled_at) == (made.client_id, (), shop.clock.now())
    with pytest.raises(ClientNameTaken):
        await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)


async def test_unknown_client_is_not_found(shop: Shop) -> None:
    for done in (
        shop.roll_secret("nobody", actor=SOMEBODY),
        shop.retire_secret("nobody", SecretId(shop.ids.new()), actor=SOMEBODY),
        shop.disable_client("nobody", actor=SOMEBODY),
    ):
        with pytest.raises(NotFound):
            await done


async def test_client_secret_guesses_for_known_and_unknown_clients_are_throttled(shop: Shop) -> None:
    made = await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    nobody = NewSecretView(client_id=ClientId(shop.ids.new()), secret="x")
    for client in (made, nobody):
        guess = credentials(client, "wrong")
        endings = []
        for seconds in (0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 4):
            shop.clock.advance(timedelta(seconds=seconds))
            endings.append(await attempt(shop, guess))
        assert endings == [*["wrong"] * (FREE + 1), 1, "wrong", 2, "wrong", 4, "wrong"]


async def test_throttling_counts_concurrent_guesses_of_a_client_secret(shop: Shop) -> None:
    guess = credentials(await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY), "wrong")
    endings = await asyncio.gather(*(attempt(shop, guess) for _ in range(20)))
    assert endings.count("wrong") == FREE + 1


async def test_malformed_client_id_is_rejected_as_invalid_client(shop: Shop) -> None:
    for text in ("", "warehouse", "\udcff", UNICODE, "0" * 5000):
        shown = ClientCredentials(client_id=text, secret="x", network=NETWORK, actor=SOMEBODY)
        assert await attempt(shop, shown) == "wrong"


async def test_client_id_in_another_spelling_is_rejected_as_invalid_client(shop: Shop) -> None:
    """Otherwise the attempts for each spelling would be counted separately."""
    made = await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    text = str(made.client_id)
    for spelling in (text.upper(), text.replace("-", ""), f"{{{text}}}", f"urn:uuid:{text}", f" {text}"):
        shown = ClientCredentials(client_id=spelling, secret=made.secret, network=NETWORK, actor=SOMEBODY)
        assert (spelling == text, await attempt(shop, shown)) == (False, "wrong")


async def test_network_that_guesses_client_secrets_of_many_clients_is_throttled(shop: Shop) -> None:
    made = [
        NewSecretView(client_id=ClientId(shop.ids.new()), secret="x")
        for _ in range(FREE_ATTEMPTS_PER_NETWORK + 2)
    ]
    endings = [await attempt(shop, credentials(client)) for client in made]
    assert endings == [*["wrong"] * (FREE_ATTEMPTS_PER_NETWORK + 1), 1]
    assert await attempt(shop, credentials(made[0], network="198.51.100.0/32")) == "wrong"


async def test_client_with_the_right_secret_can_log_in_while_guesses_are_throttled(shop: Shop) -> None:
    """Guessing 256 random bits is impossible, so guesses must not block a client."""
    made = await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    for _ in range(FREE + 3):
        await attempt(shop, credentials(made, "wrong"))
    assert [await attempt(shop, credentials(made, secret)) for secret in ("wrong", None)] == [1, "in"]


async def by_id(clients: ClientRepository, client: ClientView) -> ServiceClient | None:
    return await clients.get(client.id)


async def by_name(clients: ClientRepository, client: ClientView) -> ServiceClient | None:
    return await clients.find_by_name(client.name)


Way = Callable[[ClientRepository, ClientView], Awaitable[ServiceClient | None]]


@pytest.mark.parametrize("way", [by_id, by_name])
async def test_loading_a_client_in_a_unit_of_work_locks_the_database_row(shop: Shop, way: Way) -> None:
    await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    client = await the_client(shop)
    async with shop.store.unit_of_work() as work:
        assert await way(work.clients, client)
        async with shop.store.unit_of_work_with_short_timeout() as another:
            assert await another.clients.peek(client.id), "to look at"
            with pytest.raises(Overloaded):
                await way(another.clients, client)


async def test_uncommitted_client_changes_are_not_stored(shop: Shop) -> None:
    await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    before = await the_client(shop)
    async with shop.store.unit_of_work() as work:
        client = await work.clients.find_by_name("till")
        assert client
        client.disable(now=shop.clock.now())
        await work.clients.save(client)
    assert await the_client(shop) == before


async def test_retired_client_secret_is_not_restored_by_a_concurrent_token_request(shop: Shop) -> None:
    made = await shop.create_client("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    secret = (await the_client(shop)).secrets[0]
    ending, _ = await asyncio.gather(
        attempt(shop, credentials(made)), shop.retire_secret("till", secret.id, actor=SOMEBODY)
    )
    assert ending in {"in", "wrong"}
    assert (await the_client(shop)).secrets == ()
