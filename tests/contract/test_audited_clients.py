"""Audit entries of service clients."""

import pytest

from application.audit.entry import AuditAction
from application.clients.authenticate_client import ClientCredentials, InvalidClient
from domain.shared.actor import Actor
from domain.users.permissions import Scope
from tests.kit.accounts import NETWORK
from tests.kit.auditing import entry_of
from tests.kit.shop import Shop

ACTOR = Actor(None, "clients")


async def test_audit_entries_about_service_clients_omit_names_and_client_secrets(shop: Shop) -> None:
    made = await shop.create_client("canary", [Scope.WRITE_STOCK, Scope.READ_ORDERS], actor=ACTOR)
    await shop.roll_secret("canary", actor=ACTOR)
    [client] = await shop.list_clients()
    first, second = client.secrets
    await shop.retire_secret("canary", first.id, actor=ACTOR)
    await shop.disable_client("canary", actor=ACTOR)
    recorded = {
        action: await entry_of(shop, action)
        for action in (
            AuditAction.CLIENT_CREATED,
            AuditAction.CLIENT_SECRET_ROLLED,
            AuditAction.CLIENT_SECRET_RETIRED,
            AuditAction.CLIENT_DISABLED,
        )
    }
    assert {(entry.object_type, entry.object_id, entry.request_id) for entry in recorded.values()} == {
        ("client", str(made.client_id), "clients")
    }
    assert [entry.details for entry in recorded.values()] == [
        {"scopes": "orders:read stock:write"},
        {"secret_id": str(second.id)},
        {"secret_id": str(first.id)},
        {},
    ]


async def test_successful_and_failed_log_ins_of_service_clients_are_audited(
    shop: Shop,
) -> None:
    made = await shop.create_client("till", [Scope.READ_ORDERS], actor=ACTOR)
    right = ClientCredentials(
        client_id=str(made.client_id), secret=made.secret, network=NETWORK, actor=Actor(None, "request-1")
    )
    await shop.issue_token(right, scope="")
    logged_in = await entry_of(shop, AuditAction.CLIENT_LOGGED_IN)
    assert (logged_in.actor_id, logged_in.object_id, logged_in.request_id) == (
        made.client_id,
        str(made.client_id),
        "request-1",
    )
    wrong = ClientCredentials(
        client_id=str(made.client_id), secret="canary", network=NETWORK, actor=Actor(None, "request-2")
    )
    with pytest.raises(InvalidClient):
        await shop.issue_token(wrong, scope="")
    refused = await entry_of(shop, AuditAction.CLIENT_LOG_IN_REFUSED)
    assert (refused.actor_id, refused.object_id, refused.request_id) == (
        None,
        str(made.client_id),
        "request-2",
    )


async def test_failed_log_in_of_an_unknown_client_is_audited_without_the_client_id(
    shop: Shop,
) -> None:
    shown = ClientCredentials(client_id="canary", secret="canary", network=NETWORK, actor=ACTOR)
    with pytest.raises(InvalidClient):
        await shop.issue_token(shown, scope="")
    refused = await entry_of(shop, AuditAction.CLIENT_LOG_IN_REFUSED)
    assert (refused.object_id, refused.details) == (None, {})
