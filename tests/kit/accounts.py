from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, cast

from dependency_injector.providers import DependenciesContainer, Object

from application.clients.create_client import CreateClient
from application.clients.disable_client import DisableClient
from application.clients.issue_token import IssueToken
from application.clients.queries import ListClients
from application.clients.retire_secret import RetireSecret
from application.clients.roll_secret import RollSecret
from application.mail.deliver_mail import DeliverMail
from application.mail.queries import ListFailedMail
from application.retention.prune import PruneMail, PruneSignUps
from application.sessions.end_session import EndSession
from application.sessions.log_in import LogIn, LogInCommand
from application.sessions.queries import ListSessions
from application.sessions.refresh_session import RefreshSession
from application.sessions.revoke_token import RevokeToken
from application.sessions.tokens import SessionTokens
from application.signing.reload_keys import ReloadKeys
from application.users.authenticate import Authenticate
from application.users.change_me import ChangeMe
from application.users.change_password import ChangePassword
from application.users.change_user import ChangeUser
from application.users.close_account import CloseAccount, EraseClosedAccounts
from application.users.confirm_principal import ConfirmPrincipal
from application.users.principal import UserPrincipal
from application.users.queries import GetUser, ListUsers
from application.users.request_email_change import RequestEmailChange
from application.users.request_password_reset import RequestPasswordReset
from application.users.request_sign_up import RequestSignUp
from application.users.reset_password import ResetPassword
from application.users.sign_up import SignUp, SignUpCommand
from application.users.verify_email import VerifyEmail
from application.users.views import UserView
from domain.sessions.session import SessionLifetime
from entrypoints.bootstrap.clients import Clients
from entrypoints.bootstrap.database import Database
from entrypoints.bootstrap.mail import Mail
from entrypoints.bootstrap.retention import Retention
from entrypoints.bootstrap.root import GRAPH
from entrypoints.bootstrap.security import Security
from entrypoints.bootstrap.sessions import Sessions
from entrypoints.bootstrap.signing import Signing
from entrypoints.bootstrap.users import Users
from entrypoints.email_addresses import sought_email_address
from entrypoints.settings import Settings
from tests.kit.actors import SOMEBODY
from tests.kit.mailbox import Mailbox
from tests.kit.passwords import ListedBreachedPasswords, PlainHasher
from tests.kit.ports import CountedRandomness, FixedClock, SequentialIds
from tests.kit.store import Store
from tests.kit.tokens import NumberedTokens

NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nowhere"
"""The URL of a database engine that is created but never used."""

SETTINGS = Object(Settings(database_url=NO_DATABASE))
LIFETIME = SessionLifetime(idle=timedelta(days=14), absolute=timedelta(days=30))
PASSWORD = "a password of some length"
BREACHED_PASSWORD = "correct horse battery staple"
NETWORK = "203.0.113.9/32"


class Accounts:
    """All use cases of accounts and sessions. They share one store.

    There are shortcuts to create customers. The clock does not advance, ids are sequential, and hashing takes no
    time.

    The use cases come from the service's containers. A container is created when the test first needs one of its use
    cases, because most tests need few containers.
    """

    reload_keys: ReloadKeys
    authenticate: Authenticate
    confirm_principal: ConfirmPrincipal
    sign_up: SignUp
    request_sign_up: RequestSignUp
    verify_email: VerifyEmail
    prune_sign_ups: PruneSignUps
    request_password_reset: RequestPasswordReset
    reset_password: ResetPassword
    request_email_change: RequestEmailChange
    change_password: ChangePassword
    change_me: ChangeMe
    close_account: CloseAccount
    erase_closed_accounts: EraseClosedAccounts
    get_user: GetUser
    list_users: ListUsers
    change_user: ChangeUser
    log_in: LogIn
    refresh_session: RefreshSession
    revoke_token: RevokeToken
    list_sessions: ListSessions
    end_session: EndSession
    create_client: CreateClient
    list_clients: ListClients
    roll_secret: RollSecret
    retire_secret: RetireSecret
    disable_client: DisableClient
    issue_token: IssueToken
    deliver_mail: DeliverMail
    list_failed_mail: ListFailedMail
    prune_mail: PruneMail

    parts: ClassVar[Sequence[str]] = ("users", "sessions", "clients", "signing", "mail", "retention")
    """The names of the dependency containers that contain the use cases."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FixedClock()
        self.ids = SequentialIds()
        self.randomness = CountedRandomness()
        self.hasher = PlainHasher()
        self.mailbox = Mailbox()
        ports = {name: Object(port) for name, port in store.providers().items()}
        self.database = cast(Database, DependenciesContainer(**ports))
        self._numbers = count(1)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            for part in self.parts:
                if name in getattr(GRAPH, part).providers:
                    vars(self)[name] = getattr(getattr(self, part), name)()
                    return vars(self)[name]
            raise AttributeError(name)

    @cached_property
    def security(self) -> Security:
        security = Security(settings=SETTINGS, clock=Object(self.clock))
        security.hasher.override(self.hasher)
        security.breached_passwords.override(ListedBreachedPasswords(BREACHED_PASSWORD))
        return security

    @cached_property
    def signing(self) -> Signing:
        signing = Signing(
            settings=SETTINGS, clock=Object(self.clock), ids=Object(self.ids), database=self.database
        )
        signing.access_tokens.override(NumberedTokens())
        return signing

    @cached_property
    def users(self) -> Users:
        return Users(
            clock=Object(self.clock),
            ids=Object(self.ids),
            database=self.database,
            security=self.security,
            signing=self.signing,
        )

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(
            settings=SETTINGS,
            clock=Object(self.clock),
            ids=Object(self.ids),
            randomness=Object(self.randomness),
            database=self.database,
            security=self.security,
            signing=self.signing,
            users=self.users,
        )

    @cached_property
    def clients(self) -> Clients:
        return Clients(
            clock=Object(self.clock),
            ids=Object(self.ids),
            randomness=Object(self.randomness),
            database=self.database,
            security=self.security,
            signing=self.signing,
        )

    @cached_property
    def retention(self) -> Retention:
        return Retention(settings=SETTINGS, clock=Object(self.clock), database=self.database)

    @cached_property
    def mail(self) -> Mail:
        mail = Mail(
            settings=SETTINGS,
            clock=Object(self.clock),
            randomness=Object(self.randomness),
            database=self.database,
        )
        mail.mailer.override(self.mailbox)
        return mail

    async def customer(self, email: str | None = None) -> UserView:
        command = SignUpCommand(
            email=sought_email_address(email or f"customer-{next(self._numbers)}@example.com"),
            password=PASSWORD,
            actor=SOMEBODY,
        )
        return (await self.sign_up(command)).result

    async def start_session(self, customer: UserView) -> SessionTokens:
        """Log the customer in, and return the tokens of the new session."""
        assert customer.email
        return await self.log_in(
            LogInCommand(
                email=sought_email_address(customer.email), password=PASSWORD, network=NETWORK, actor=SOMEBODY
            )
        )

    async def principal_of(self, tokens: SessionTokens) -> UserPrincipal:
        """Return the principal of the tokens."""
        bearer = await self.authenticate(tokens.access.token)
        assert isinstance(bearer, UserPrincipal)
        return bearer
