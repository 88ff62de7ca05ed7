from dependency_injector import containers, providers

from application.clients.authenticate_client import AuthenticateClient
from application.clients.create_client import CreateClient
from application.clients.disable_client import DisableClient
from application.clients.issue_token import IssueToken
from application.clients.queries import ListClients
from application.clients.retire_secret import RetireSecret
from application.clients.roll_secret import RollSecret
from application.shared.ports import Clock, IdFactory, Randomness
from entrypoints.bootstrap.database import Database
from entrypoints.bootstrap.security import Security
from entrypoints.bootstrap.signing import Signing


class Clients(containers.DynamicContainer):
    def __init__(
        self,
        *,
        clock: providers.Provider[Clock],
        ids: providers.Provider[IdFactory],
        randomness: providers.Provider[Randomness],
        database: Database,
        security: Security,
        signing: Signing,
    ) -> None:
        super().__init__()
        self.create_client = providers.Singleton(
            CreateClient, unit_of_work=database.unit_of_work, clock=clock, ids=ids, randomness=randomness
        )
        self.list_clients = providers.Singleton(ListClients, clients=database.client_queries)
        self.roll_secret = providers.Singleton(
            RollSecret, unit_of_work=database.unit_of_work, clock=clock, ids=ids, randomness=randomness
        )
        self.retire_secret = providers.Singleton(
            RetireSecret, unit_of_work=database.unit_of_work, clock=clock
        )
        self.disable_client = providers.Singleton(
            DisableClient, unit_of_work=database.unit_of_work, clock=clock
        )

        self.authenticate_client = providers.Singleton(
            AuthenticateClient, unit_of_work=database.unit_of_work, throttle=security.throttle, clock=clock
        )
        self.issue_token = providers.Singleton(
            IssueToken,
            authenticate_client=self.authenticate_client,
            tokens=signing.access_tokens,
            clock=clock,
            ids=ids,
        )
