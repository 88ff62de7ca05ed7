from dependency_injector import containers, providers

from application.sessions.end_session import EndSession
from application.sessions.log_in import LogIn
from application.sessions.queries import ListSessions
from application.sessions.refresh_session import RefreshSession
from application.sessions.revoke_token import RevokeToken
from application.shared.ports import Clock, IdFactory, Randomness
from domain.sessions.session import SessionLifetime
from entrypoints.bootstrap.database import Database
from entrypoints.bootstrap.security import Security
from entrypoints.bootstrap.signing import Signing
from entrypoints.bootstrap.users import Users
from entrypoints.settings import Settings


class Sessions(containers.DynamicContainer):
    def __init__(
        self,
        *,
        settings: providers.Provider[Settings],
        clock: providers.Provider[Clock],
        ids: providers.Provider[IdFactory],
        randomness: providers.Provider[Randomness],
        database: Database,
        security: Security,
        signing: Signing,
        users: Users,
    ) -> None:
        super().__init__()
        self.lifetime = providers.Singleton(
            SessionLifetime, idle=settings.provided.session_idle, absolute=settings.provided.session_lifetime
        )
        self.log_in = providers.Singleton(
            LogIn,
            unit_of_work=database.unit_of_work,
            throttle=security.throttle,
            hasher=security.hasher,
            tokens=signing.access_tokens,
            clock=clock,
            ids=ids,
            randomness=randomness,
            lifetime=self.lifetime,
        )
        self.refresh_session = providers.Singleton(
            RefreshSession,
            unit_of_work=database.unit_of_work,
            tokens=signing.access_tokens,
            clock=clock,
            ids=ids,
            randomness=randomness,
            lifetime=self.lifetime,
        )
        self.revoke_token = providers.Singleton(
            RevokeToken, unit_of_work=database.unit_of_work, authenticate=users.authenticate, clock=clock
        )
        self.list_sessions = providers.Singleton(ListSessions, sessions=database.session_queries, clock=clock)
        self.end_session = providers.Singleton(EndSession, unit_of_work=database.unit_of_work, clock=clock)
