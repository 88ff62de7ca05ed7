"""Service clients have at most two secrets and only granted scopes.

A disabled client stays disabled.
"""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest

from domain.clients.client import ClientDisabled, InvalidScope, ServiceClient, TooManySecrets
from domain.clients.secret import PREFIX, ClientSecret, hash_of, text_of
from domain.shared.errors import NotFound, ValidationFailed
from domain.shared.ids import ClientId, SecretId
from domain.users.permissions import Scope

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FIRST, SECOND, THIRD = (bytes([number]) * 32 for number in range(3))
_NUMBERS = count(1)


def a_secret(secret: bytes) -> ClientSecret:
    return ClientSecret.issue(SecretId(UUID(int=next(_NUMBERS))), secret, now=NOW)


def a_client(
    *scopes: Scope, name: str = "warehouse", secret: bytes = FIRST, without_scopes: bool = False
) -> ServiceClient:
    return ServiceClient.create(
        id=ClientId(UUID(int=7)),
        name=name,
        scopes=() if without_scopes else scopes or (Scope.READ_ORDERS,),
        secret=a_secret(secret),
        now=NOW,
    )


def shown(client: ServiceClient, secret: bytes) -> bool:
    return client.secret_with(hash_of(text_of(secret))) is not None


def test_client_can_authenticate_only_with_its_own_client_secret() -> None:
    client = a_client()
    assert shown(client, FIRST)
    assert not shown(client, SECOND)
    assert client.secret_with(hash_of("")) is None


def test_stored_and_printed_forms_of_a_client_secret_do_not_contain_the_secret() -> None:
    text = text_of(FIRST)
    secret = a_secret(FIRST)
    assert text.startswith(PREFIX)
    assert len(text) == len(PREFIX) + 43, "256 bits in base64url"
    assert secret.secret_hash not in {FIRST, text.encode()}
    assert text not in repr(secret) + repr(a_client())


def test_two_client_secrets_are_valid_during_rotation() -> None:
    client = a_client()
    client.roll(a_secret(SECOND))
    assert (shown(client, FIRST), shown(client, SECOND)) == (True, True)
    client.retire(client.secrets[0].id)
    assert (shown(client, FIRST), shown(client, SECOND)) == (False, True)
    client.roll(a_secret(THIRD))
    assert (shown(client, SECOND), shown(client, THIRD)) == (True, True)


def test_client_can_have_at_most_two_client_secrets() -> None:
    client = a_client()
    client.roll(a_secret(SECOND))
    with pytest.raises(TooManySecrets):
        client.roll(a_secret(THIRD))
    assert not shown(client, THIRD)


def test_client_secret_of_another_client_cannot_be_retired() -> None:
    client = a_client()
    with pytest.raises(NotFound):
        client.retire(a_secret(FIRST).id)
    assert shown(client, FIRST)


def test_client_with_only_retired_secrets_can_authenticate_with_an_added_secret() -> None:
    client = a_client()
    client.retire(client.secrets[0].id)
    assert not shown(client, FIRST)
    client.roll(a_secret(SECOND))
    assert shown(client, SECOND)


def test_disabled_client_cannot_be_enabled() -> None:
    client = a_client()
    client.disable(now=NOW)
    client.disable(now=NOW + timedelta(days=1))
    assert client.disabled_at == NOW
    assert not shown(client, FIRST)
    with pytest.raises(ClientDisabled):
        client.roll(a_secret(SECOND))


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("", {Scope.READ_ORDERS, Scope.READ_EVENTS}),
        ("events:read", {Scope.READ_EVENTS}),
        ("events:read orders:read events:read", {Scope.READ_ORDERS, Scope.READ_EVENTS}),
    ],
)
def test_granted_scopes_default_to_all_scopes_of_the_client(asked: str, granted: set[Scope]) -> None:
    assert a_client(Scope.READ_ORDERS, Scope.READ_EVENTS).granted(asked) == granted


@pytest.mark.parametrize(
    "asked", ["stock:write", "orders:read stock:write", "no:such", "ORDERS:READ", "orders:read\torders:read"]
)
def test_client_is_granted_only_its_own_scopes(asked: str) -> None:
    with pytest.raises(InvalidScope):
        a_client(Scope.READ_ORDERS).granted(asked)


@pytest.mark.parametrize("name", ["", " warehouse", "ware\thouse", "ware\nhouse", "x" * 101])
def test_malformed_client_name_is_rejected(name: str) -> None:
    with pytest.raises(ValidationFailed):
        a_client(name=name)


def test_client_without_scopes_is_rejected() -> None:
    with pytest.raises(ValidationFailed):
        a_client(without_scopes=True)
