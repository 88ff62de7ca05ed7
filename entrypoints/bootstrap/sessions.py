from dependency_injector import containers, providers

from application.sessions.end_session import EndSession
from application.sessions.log_in import LogIn
from application.sessions.queries import ListSessions
from application.sessions.refresh_session import RefreshSession
from application.sessions.revoke_token import RevokeToken
from application.shared.clock import Clock
from application.shared.ids import IdFactory
from application.shared.randomness import Randomness
from domain.sessions.session import SessionLifetime
from entrypoints.settings import Settings


class Sessions(containers.DeclarativeContainer):
    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    clock: providers.Dependency[Clock] = providers.Dependency()
    ids: providers.Dependency[IdFactory] = providers.Dependency()
    randomness: providers.Dependency[Randomness] = providers.Dependency()
    database = providers.DependenciesContainer()
    security = providers.DependenciesContainer()
    signing = providers.DependenciesContainer()
    users = providers.DependenciesContainer()

    lifetime = providers.Singleton(
        SessionLifetime, idle=settings.provided.session_idle, absolute=settings.provided.session_lifetime
    )
    log_in = providers.Singleton(
        LogIn,
        unit_of_work=database.unit_of_work,
        throttle=security.throttle,
        hasher=security.hasher,
        tokens=signing.access_tokens,
        clock=clock,
        ids=ids,
        randomness=randomness,
        lifetime=lifetime,
    )
    refresh_session = providers.Singleton(
        RefreshSession,
        unit_of_work=database.unit_of_work,
        tokens=signing.access_tokens,
        clock=clock,
        ids=ids,
        randomness=randomness,
        lifetime=lifetime,
    )
    revoke_token = providers.Singleton(
        RevokeToken, unit_of_work=database.unit_of_work, authenticate=users.authenticate, clock=clock
    )
    list_sessions = providers.Singleton(ListSessions, sessions=database.session_queries, clock=clock)
    end_session = providers.Singleton(EndSession, unit_of_work=database.unit_of_work, clock=clock)
