from dependency_injector import containers, providers

from application.clients.authenticate_client import AuthenticateClient
from application.clients.create_client import CreateClient
from application.clients.disable_client import DisableClient
from application.clients.issue_token import IssueToken
from application.clients.queries import ListClients
from application.clients.retire_secret import RetireSecret
from application.clients.roll_secret import RollSecret
from application.shared.clock import Clock
from application.shared.ids import IdFactory
from application.shared.randomness import Randomness


class Clients(containers.DeclarativeContainer):
    clock: providers.Dependency[Clock] = providers.Dependency()
    ids: providers.Dependency[IdFactory] = providers.Dependency()
    randomness: providers.Dependency[Randomness] = providers.Dependency()
    database = providers.DependenciesContainer()
    security = providers.DependenciesContainer()
    signing = providers.DependenciesContainer()

    create_client = providers.Singleton(
        CreateClient, unit_of_work=database.unit_of_work, clock=clock, ids=ids, randomness=randomness
    )
    list_clients = providers.Singleton(ListClients, clients=database.client_queries)
    roll_secret = providers.Singleton(
        RollSecret, unit_of_work=database.unit_of_work, clock=clock, ids=ids, randomness=randomness
    )
    retire_secret = providers.Singleton(RetireSecret, unit_of_work=database.unit_of_work, clock=clock)
    disable_client = providers.Singleton(DisableClient, unit_of_work=database.unit_of_work, clock=clock)

    authenticate_client = providers.Singleton(
        AuthenticateClient, unit_of_work=database.unit_of_work, throttle=security.throttle, clock=clock
    )
    issue_token = providers.Singleton(
        IssueToken,
        authenticate_client=authenticate_client,
        tokens=signing.access_tokens,
        clock=clock,
        ids=ids,
    )
