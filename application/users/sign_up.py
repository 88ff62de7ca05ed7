from dataclasses import dataclass, field

from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock, IdFactory
from application.shared.run_once import run_once
from application.throttling.throttle import Throttle
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.users.password_policy import PasswordPolicy
from application.users.ports import PasswordHasher
from application.users.views import UserView
from domain.shared.actor import Actor
from domain.shared.ids import UserId
from domain.users.attempts import Attempt, AttemptKind
from domain.users.email_address import EmailAddress
from domain.users.permissions import Role
from domain.users.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpCommand:
    """The command to open an account. `network` is the client's network.

    If an operator opens the account, `network` is None. Attempts of operators are not throttled.
    """

    email: EmailAddress
    password: str = field(repr=False)
    actor: Actor
    full_name: str | None = None
    role: Role = Role.CUSTOMER
    network: str | None = None
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class SignUp:
    """Open an account. All spellings of one e-mail address together can have only one account."""

    unit_of_work: UnitOfWorkFactory
    throttle: Throttle
    hasher: PasswordHasher
    policy: PasswordPolicy
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: SignUpCommand) -> IdempotentResult[UserView]:
        """Return the new account.

        Raises WeakPassword, TooManyAttempts, EmailTaken, Overloaded, IdempotencyKeyReused, IdempotencyInFlight.
        """
        self.policy.check(command.password, field="password")
        if command.network is not None:
            async with self.unit_of_work() as work:
                await self.throttle.admit(
                    work, Attempt(AttemptKind.SIGN_UP, command.email.normalized, command.network)
                )
                await work.commit()
        user = User.sign_up(
            id=UserId(self.ids.new()),
            email=command.email,
            full_name=command.full_name,
            password_hash=await self.hasher.hash(command.password),
            role=command.role,
            now=self.clock.now(),
        )
        async with self.unit_of_work(command.actor) as work:
            return await run_once(work, command.key, UserView, lambda: self._add(work, user))

    async def _add(self, work: UnitOfWork, user: User) -> UserView:
        await work.users.add(user)
        return UserView.of(user)
