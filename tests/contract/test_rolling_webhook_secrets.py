"""While the signing secret of a webhook endpoint is replaced, receivers can verify every message."""

from datetime import timedelta

import pytest

from application.audit.entry import AuditAction
from application.shared.idempotency import IdempotencyKey, IdempotentOperation, IdempotentResult
from application.webhooks.roll_endpoint_secret import RollEndpointSecretCommand
from application.webhooks.views import EndpointView, NewEndpointView
from domain.shared.actor import Actor
from domain.shared.errors import Forbidden, NotFound, ValidationFailed
from domain.shared.ids import ClientId, EndpointId
from domain.users.permissions import Permission, Scope, permissions_of
from domain.webhooks.endpoint import MAX_OVERLAP, EndpointChanges
from tests.kit.actors import SOMEBODY
from tests.kit.auditing import entry_of
from tests.kit.shop import Shop
from tests.kit.webhooks import SECOND, Webhooks

ANN, DAY = "https://ann.example.com/", timedelta(days=1)
FIRST, SECOND_SECRET, THIRD = (bytes([byte]) * 32 for byte in b"stu")
ADMIN = frozenset(Permission)


@pytest.fixture
def webhooks(shop: Shop) -> Webhooks:
    return Webhooks(shop)


async def roll(
    webhooks: Webhooks,
    endpoint: EndpointView,
    *,
    overlap: timedelta = DAY,
    permissions: frozenset[Permission] = ADMIN,
    actor: Actor = SOMEBODY,
    key: IdempotencyKey | None = None,
) -> IdempotentResult[NewEndpointView]:
    return await webhooks.roll_secret(
        RollEndpointSecretCommand(
            endpoint_id=endpoint.id, overlap=overlap, permissions=permissions, actor=actor, key=key
        )
    )


async def secrets_of_next_message(webhooks: Webhooks) -> tuple[bytes, ...]:
    await webhooks.shop.product()
    await webhooks.work()
    return webhooks.subscribers.messages[-1].secrets


async def test_deliveries_are_signed_with_both_webhook_secrets_until_the_overlap_ends(
    webhooks: Webhooks,
) -> None:
    endpoint = await webhooks.endpoint(ANN)
    rolled = (await roll(webhooks, endpoint)).result
    assert rolled.secret == "whsec_dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHQ="
    assert rolled.former_secret_expires_at == webhooks.shop.clock.now() + DAY
    assert await secrets_of_next_message(webhooks) == (SECOND_SECRET, FIRST)
    webhooks.shop.clock.advance(DAY - SECOND)
    assert await secrets_of_next_message(webhooks) == (SECOND_SECRET, FIRST)
    webhooks.shop.clock.advance(SECOND)
    assert await secrets_of_next_message(webhooks) == (SECOND_SECRET,)


async def test_expired_webhook_secret_is_erased_after_the_next_delivery(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN)
    await roll(webhooks, endpoint)
    webhooks.shop.clock.advance(DAY)
    await secrets_of_next_message(webhooks)
    async with webhooks.shop.store.unit_of_work() as work:
        stored = await work.webhooks.peek(endpoint.id)
    assert stored is not None
    assert (stored.secret, stored.former_secret) == (SECOND_SECRET, None)


async def test_rotation_without_overlap_immediately_replaces_the_webhook_secret(
    webhooks: Webhooks,
) -> None:
    endpoint = await webhooks.endpoint(ANN)
    rolled = (await roll(webhooks, endpoint, overlap=timedelta(0))).result
    assert rolled.former_secret_expires_at is None
    assert await secrets_of_next_message(webhooks) == (SECOND_SECRET,)


async def test_second_rotation_of_a_webhook_secret_ends_the_overlap_of_the_first_rotation(
    webhooks: Webhooks,
) -> None:
    endpoint = await webhooks.endpoint(ANN)
    await roll(webhooks, endpoint)
    await roll(webhooks, endpoint)
    assert await secrets_of_next_message(webhooks) == (THIRD, SECOND_SECRET)


async def test_endpoint_change_during_a_rotation_keeps_both_webhook_secrets(
    webhooks: Webhooks,
) -> None:
    endpoint = await webhooks.endpoint(ANN)
    rolled = (await roll(webhooks, endpoint)).result
    assert rolled.version == endpoint.version + 1
    await webhooks.edit(rolled, EndpointChanges(description="ERP"))
    assert await secrets_of_next_message(webhooks) == (SECOND_SECRET, FIRST)


async def test_webhook_secret_is_rotated_only_once_per_idempotency_key(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN)
    key = webhooks.shop.commands.key(
        endpoint.id, operation=IdempotentOperation.ROLL_WEBHOOK_SECRET, key="one"
    )
    first = await roll(webhooks, endpoint, key=key)
    second = await roll(webhooks, endpoint, key=key)
    assert (second.replayed, second.result) == (True, first.result)
    assert await secrets_of_next_message(webhooks) == (SECOND_SECRET, FIRST)


@pytest.mark.parametrize("overlap", [-SECOND, MAX_OVERLAP + SECOND])
async def test_webhook_secret_rotation_with_an_overlap_out_of_range_is_rejected(
    webhooks: Webhooks, overlap: timedelta
) -> None:
    endpoint = await webhooks.endpoint(ANN)
    with pytest.raises(ValidationFailed):
        await roll(webhooks, endpoint, overlap=overlap)
    assert await secrets_of_next_message(webhooks) == (FIRST,)


async def test_only_the_endpoint_owner_and_admins_can_rotate_a_webhook_secret(webhooks: Webhooks) -> None:
    """With the secret, other staff could sign messages that the receiver would trust."""
    scopes = [Scope.WRITE_WEBHOOKS, Scope.READ_EVENTS]
    made = await webhooks.shop.create_client("erp", scopes, actor=SOMEBODY)
    owner, permissions = Actor(ClientId(made.client_id), "1"), permissions_of(scopes)
    endpoint = await webhooks.endpoint(ANN, actor=owner)
    other = Actor(ClientId(webhooks.shop.ids.new()), "1")
    with pytest.raises(Forbidden):
        await roll(webhooks, endpoint, permissions=permissions, actor=other)
    assert (await roll(webhooks, endpoint, permissions=permissions, actor=owner)).result.secret
    assert (await roll(webhooks, endpoint, actor=other)).result.secret


async def test_secret_of_an_unknown_webhook_endpoint_cannot_be_rotated(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN)
    await webhooks.delete(EndpointId(endpoint.id), actor=SOMEBODY)
    with pytest.raises(NotFound):
        await roll(webhooks, endpoint)


async def test_rotation_of_a_webhook_secret_is_audited_without_the_secret(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN)
    await roll(webhooks, endpoint)
    entry = await entry_of(webhooks.shop, AuditAction.WEBHOOK_ENDPOINT_SECRET_ROLLED)
    assert (entry.object_id, entry.details) == (str(endpoint.id), {"overlap_hours": 24})
