from secrets import SystemRandom, token_bytes
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from adapters.tracing.tracing import Tracing
from application.shared.ports import Clock, IdFactory
from application.webhooks.change_endpoint import ChangeEndpoint
from application.webhooks.create_endpoint import CreateEndpoint
from application.webhooks.delete_endpoint import DeleteEndpoint
from application.webhooks.deliver_webhooks import DeliverWebhooks
from application.webhooks.owner_permissions import OwnerPermissions
from application.webhooks.pause_failing_endpoint import PauseFailingEndpoint
from application.webhooks.queries import GetEndpoint, ListDeliveries, ListEndpoints
from application.webhooks.queue_deliveries import QueueDeliveries
from application.webhooks.retry_deliveries import RetryDeliveries
from application.webhooks.retry_delivery import RetryDelivery
from application.webhooks.roll_endpoint_secret import RollEndpointSecret
from application.webhooks.transfer_endpoint import TransferEndpoint
from entrypoints.bootstrap.database import Database
from entrypoints.bootstrap.security import Security
from entrypoints.bootstrap.tracing import traced_webhook_sender
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from adapters.webhooks.sender import HttpWebhookSender


def _webhook_sender(clock: Clock, *, to_private_addresses: bool) -> "HttpWebhookSender":
    from adapters.webhooks.sender import HttpWebhookSender  # noqa: PLC0415 - only the worker needs the library

    return HttpWebhookSender(clock, to_private_addresses=to_private_addresses)


class Webhooks(containers.DynamicContainer):
    def __init__(
        self,
        *,
        settings: providers.Provider[Settings],
        clock: providers.Provider[Clock],
        ids: providers.Provider[IdFactory],
        database: Database,
        tracing: providers.Provider[Tracing],
        security: Security,
    ) -> None:
        super().__init__()
        self.create_endpoint = providers.Singleton(
            CreateEndpoint,
            unit_of_work=database.unit_of_work,
            clock=clock,
            ids=ids,
            random_bytes=providers.Object(token_bytes),
            secret_box=security.secret_box,
            allow_plain_http=settings.provided.webhooks_to_private_addresses,
        )
        self.delete_endpoint = providers.Singleton(
            DeleteEndpoint, unit_of_work=database.unit_of_work, clock=clock
        )
        self.roll_endpoint_secret = providers.Singleton(
            RollEndpointSecret,
            unit_of_work=database.unit_of_work,
            clock=clock,
            random_bytes=providers.Object(token_bytes),
            secret_box=security.secret_box,
        )
        self.get_endpoint = providers.Singleton(GetEndpoint, webhooks=database.webhook_queries)
        self.list_endpoints = providers.Singleton(ListEndpoints, webhooks=database.webhook_queries)

        self.owner_permissions = providers.Singleton(
            OwnerPermissions, users=database.user_queries, clients=database.client_queries
        )
        self.change_endpoint = providers.Singleton(
            ChangeEndpoint,
            unit_of_work=database.unit_of_work,
            get_endpoint=self.get_endpoint,
            permissions_of=self.owner_permissions,
            clock=clock,
            allow_plain_http=settings.provided.webhooks_to_private_addresses,
        )
        self.transfer_endpoint = providers.Singleton(
            TransferEndpoint,
            unit_of_work=database.unit_of_work,
            get_endpoint=self.get_endpoint,
            permissions_of=self.owner_permissions,
            clock=clock,
        )

        self.list_deliveries = providers.Singleton(
            ListDeliveries, get_endpoint=self.get_endpoint, webhooks=database.webhook_queries
        )
        self.retry_deliveries = providers.Singleton(
            RetryDeliveries, unit_of_work=database.unit_of_work, clock=clock
        )
        self.retry_delivery = providers.Singleton(
            RetryDelivery, unit_of_work=database.unit_of_work, clock=clock
        )
        self.queue_deliveries = providers.Singleton(
            QueueDeliveries, queue=database.delivery_queue, clock=clock
        )
        self.webhook_sender = providers.Singleton(
            _webhook_sender, clock=clock, to_private_addresses=settings.provided.webhooks_to_private_addresses
        )
        self.pause_failing_endpoint = providers.Singleton(
            PauseFailingEndpoint,
            unit_of_work=database.unit_of_work,
            clock=clock,
            after=settings.provided.webhook_pause_after,
        )
        self.deliver_webhooks = providers.Singleton(
            DeliverWebhooks,
            queue=database.delivery_queue,
            sender=providers.Singleton(traced_webhook_sender, tracing=tracing, sender=self.webhook_sender),
            clock=clock,
            random=providers.Object(SystemRandom().random),
            source=settings.provided.token_issuer,
            permissions_of=self.owner_permissions,
            unit_of_work=database.unit_of_work,
            pause_failing_endpoint=self.pause_failing_endpoint,
        )
