from dataclasses import dataclass, field

from application.shared.clock import Clock
from application.shared.ids import IdFactory
from application.unit_of_work import UnitOfWorkFactory
from application.users.ports import AccessClaims, AccessToken, AccessTokens, PasswordHasher
from domain.shared.errors import DomainError
from domain.users.user import comparable_email

FIRST_PARTY_CLIENT = "steelyard"
"""The client that tokens name where people log in with their password: this shop's own pages."""


class InvalidGrant(DomainError):
    """The e-mail address and the password do not go together (RFC 6749, section 5.2)."""

    code = "invalid_grant"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInCommand:
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LogIn:
    """Exchange an e-mail address and a password for an access token.

    An unknown address costs as much time as a wrong password and gets the same answer. No connection is held
    while the password is checked.
    """

    unit_of_work: UnitOfWorkFactory
    hasher: PasswordHasher
    tokens: AccessTokens
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: LogInCommand) -> AccessToken:
        """Raise InvalidGrant, AccountDisabled, Overloaded."""
        async with self.unit_of_work() as work:
            user = await work.users.find_by_email(comparable_email(command.email))
        is_right = await self.hasher.verify(command.password, user.password_hash if user else None)
        if user is None or not is_right:
            raise InvalidGrant
        user.ensure_active()
        return self.tokens.issue(
            AccessClaims(
                user_id=user.id,
                role=user.role,
                client_id=FIRST_PARTY_CLIENT,
                session_id=self.ids.new(),
                token_id=self.ids.new(),
            ),
            now=self.clock.now(),
        )
