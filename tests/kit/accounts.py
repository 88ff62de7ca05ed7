from datetime import timedelta
from itertools import count

from application.clients.authenticate_client import AuthenticateClient
from application.clients.create_client import CreateClient
from application.clients.disable_client import DisableClient
from application.clients.issue_token import IssueToken
from application.clients.list_clients import ListClients
from application.clients.retire_secret import RetireSecret
from application.clients.roll_secret import RollSecret
from application.mail.deliver_mail import DeliverMail
from application.mail.list_failed_mail import ListFailedMail
from application.mail.message import MailTemplates
from application.mail.prune_mail import PruneMail
from application.sessions.end_session import EndSession
from application.sessions.list_sessions import ListSessions
from application.sessions.log_in import LogIn, LogInCommand
from application.sessions.refresh_session import RefreshSession
from application.sessions.revoke_token import RevokeToken
from application.sessions.tokens import SessionTokens
from application.signing.reload_keys import ReloadKeys
from application.throttling.throttle import CountingThrottle
from application.users.authenticate import Authenticate
from application.users.change_me import ChangeMe
from application.users.change_password import ChangePassword
from application.users.change_user import ChangeUser
from application.users.confirm_principal import ConfirmPrincipal
from application.users.get_user import GetUser
from application.users.list_users import ListUsers
from application.users.password_policy import PasswordPolicy
from application.users.principal import UserPrincipal
from application.users.prune_sign_ups import PruneSignUps
from application.users.request_password_reset import RequestPasswordReset
from application.users.request_sign_up import RequestSignUp
from application.users.reset_password import ResetPassword
from application.users.sign_up import SignUp, SignUpCommand
from application.users.verify_email import VerifyEmail
from application.users.views import UserView
from domain.sessions.session import SessionLifetime
from entrypoints.email_addresses import sought_email_address
from tests.kit.actors import SOMEBODY
from tests.kit.clock import FixedClock
from tests.kit.ids import SequentialIds
from tests.kit.mailbox import Mailbox
from tests.kit.passwords import BreachedOnly, PlainHasher
from tests.kit.randomness import CountedRandomness
from tests.kit.store import Store
from tests.kit.tokens import NumberedTokens

LIFETIME = SessionLifetime(idle=timedelta(days=14), absolute=timedelta(days=30))
PASSWORD = "a password of some length"
BREACHED_PASSWORD = "correct horse battery staple"
NETWORK = "203.0.113.9/32"


class Accounts:
    """Every use case of accounts and sessions over one store, and the shortest way to a customer.

    The clock stands still, ids come in a row, passwords cost nothing.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FixedClock()
        self.ids = SequentialIds()
        self._numbers = count(1)
        self.hasher = hasher = PlainHasher()
        tokens = NumberedTokens()
        policy = PasswordPolicy(BreachedOnly(BREACHED_PASSWORD), min_length=12)
        throttle = CountingThrottle(self.clock)
        self.sign_up = SignUp(store.unit_of_work, throttle, hasher, policy, self.clock, self.ids)
        self.reload_keys = ReloadKeys(store.signing_keys, tokens, self.clock)
        self.request_sign_up = RequestSignUp(
            store.unit_of_work, throttle, hasher, policy, self.clock, self.ids
        )
        self.verify_email = VerifyEmail(store.unit_of_work, self.clock, self.ids)
        self.prune_sign_ups = PruneSignUps(store.unit_of_work, self.clock)
        self.request_password_reset = RequestPasswordReset(store.unit_of_work, throttle, self.clock)
        self.reset_password = ResetPassword(store.unit_of_work, hasher, policy, self.clock)
        self.authenticate = Authenticate(tokens, self.reload_keys, self.clock)
        self.confirm_principal = ConfirmPrincipal(store.users, store.clients, self.clock)
        self.get_user = GetUser(store.users)
        self.list_users = ListUsers(store.users)
        self.change_user = ChangeUser(store.unit_of_work, self.clock)
        self.change_me = ChangeMe(store.unit_of_work, self.clock)
        self.change_password = ChangePassword(store.unit_of_work, throttle, hasher, policy, self.clock)
        randomness = CountedRandomness()
        self.create_client = CreateClient(store.unit_of_work, self.clock, self.ids, randomness)
        self.list_clients = ListClients(store.clients)
        self.roll_secret = RollSecret(store.unit_of_work, self.clock, self.ids, randomness)
        self.retire_secret = RetireSecret(store.unit_of_work, self.clock)
        self.disable_client = DisableClient(store.unit_of_work, self.clock)
        self.issue_token = IssueToken(
            AuthenticateClient(store.unit_of_work, throttle, self.clock), tokens, self.clock, self.ids
        )
        self.mailbox = Mailbox()
        self.deliver_mail = DeliverMail(
            store.unit_of_work, self.mailbox, MailTemplates(storefront=None), self.clock, randomness
        )
        self.list_failed_mail = ListFailedMail(store.unit_of_work)
        self.prune_mail = PruneMail(store.unit_of_work, self.clock)
        self.log_in = LogIn(
            store.unit_of_work, throttle, hasher, tokens, self.clock, self.ids, randomness, LIFETIME
        )
        self.refresh_session = RefreshSession(
            store.unit_of_work, tokens, self.clock, self.ids, randomness, LIFETIME
        )
        self.revoke_token = RevokeToken(store.unit_of_work, self.authenticate, self.clock)
        self.list_sessions = ListSessions(store.sessions, self.clock)
        self.end_session = EndSession(store.unit_of_work, self.clock)

    async def customer(self, email: str | None = None) -> UserView:
        command = SignUpCommand(
            email=sought_email_address(email or f"customer-{next(self._numbers)}@example.com"),
            password=PASSWORD,
            actor=SOMEBODY,
        )
        return (await self.sign_up(command)).result

    async def logged_in(self, customer: UserView) -> SessionTokens:
        """Return the tokens of a new session of the customer."""
        assert customer.email
        return await self.log_in(
            LogInCommand(
                email=sought_email_address(customer.email), password=PASSWORD, network=NETWORK, actor=SOMEBODY
            )
        )

    async def bearer_of(self, tokens: SessionTokens) -> UserPrincipal:
        """Return the user whom the tokens are of, in their session."""
        bearer = await self.authenticate(tokens.access.token)
        assert isinstance(bearer, UserPrincipal)
        return bearer
