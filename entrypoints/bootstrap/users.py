from dependency_injector import containers, providers

from application.shared.ports import Clock, IdFactory
from application.users.authenticate import Authenticate
from application.users.change_me import ChangeMe
from application.users.change_password import ChangePassword
from application.users.change_user import ChangeUser
from application.users.close_account import CloseAccount, EraseClosedAccounts
from application.users.confirm_principal import ConfirmPrincipal
from application.users.password_check import PasswordCheck
from application.users.queries import GetMe, GetUser, ListUsers
from application.users.request_email_change import RequestEmailChange
from application.users.request_password_reset import RequestPasswordReset
from application.users.request_sign_up import RequestSignUp
from application.users.reset_password import ResetPassword
from application.users.sign_up import SignUp
from application.users.verify_email import VerifyEmail
from entrypoints.bootstrap.database import Database
from entrypoints.bootstrap.security import Security
from entrypoints.bootstrap.signing import Signing


class Users(containers.DynamicContainer):
    def __init__(
        self,
        *,
        clock: providers.Provider[Clock],
        ids: providers.Provider[IdFactory],
        database: Database,
        security: Security,
        signing: Signing,
    ) -> None:
        super().__init__()
        self.sign_up = providers.Singleton(
            SignUp,
            unit_of_work=database.unit_of_work,
            throttle=security.throttle,
            hasher=security.hasher,
            policy=security.password_policy,
            clock=clock,
            ids=ids,
        )
        self.request_sign_up = providers.Singleton(
            RequestSignUp,
            unit_of_work=database.unit_of_work,
            throttle=security.throttle,
            hasher=security.hasher,
            policy=security.password_policy,
            clock=clock,
            ids=ids,
        )
        self.verify_email = providers.Singleton(
            VerifyEmail, unit_of_work=database.unit_of_work, clock=clock, ids=ids
        )
        self.request_password_reset = providers.Singleton(
            RequestPasswordReset, unit_of_work=database.unit_of_work, throttle=security.throttle, clock=clock
        )
        self.reset_password = providers.Singleton(
            ResetPassword,
            unit_of_work=database.unit_of_work,
            hasher=security.hasher,
            policy=security.password_policy,
            clock=clock,
        )
        self.password_check = providers.Singleton(
            PasswordCheck,
            unit_of_work=database.unit_of_work,
            throttle=security.throttle,
            hasher=security.hasher,
            clock=clock,
        )
        self.request_email_change = providers.Singleton(
            RequestEmailChange,
            unit_of_work=database.unit_of_work,
            throttle=security.throttle,
            password_check=self.password_check,
            clock=clock,
        )
        self.change_password = providers.Singleton(
            ChangePassword,
            unit_of_work=database.unit_of_work,
            password_check=self.password_check,
            hasher=security.hasher,
            policy=security.password_policy,
            clock=clock,
        )

        self.authenticate = providers.Singleton(
            Authenticate, tokens=signing.access_tokens, reload_keys=signing.reload_keys, clock=clock
        )
        self.confirm_principal = providers.Singleton(
            ConfirmPrincipal, users=database.user_queries, clients=database.client_queries, clock=clock
        )

        self.get_me = providers.Singleton(GetMe, users=database.user_queries)
        self.change_me = providers.Singleton(ChangeMe, unit_of_work=database.unit_of_work, clock=clock)
        self.close_account = providers.Singleton(
            CloseAccount, unit_of_work=database.unit_of_work, clock=clock, ids=ids
        )
        self.erase_closed_accounts = providers.Singleton(
            EraseClosedAccounts, unit_of_work=database.unit_of_work
        )

        self.get_user = providers.Singleton(GetUser, users=database.user_queries)
        self.list_users = providers.Singleton(ListUsers, users=database.user_queries)
        self.change_user = providers.Singleton(ChangeUser, unit_of_work=database.unit_of_work, clock=clock)
