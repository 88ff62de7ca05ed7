from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.mail.request import MailKind, MailRequest
from application.shared.clock import Clock
from application.shared.ids import IdFactory
from application.throttling.throttle import Throttle
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.users.password_policy import PasswordPolicy
from application.users.ports import EmailTaken, PasswordHasher
from application.users.sign_up import SignUpCommand
from domain.shared.ids import UserId
from domain.users.attempts import Attempt, AttemptKind
from domain.users.one_time_token import TokenPurpose
from domain.users.permissions import Role
from domain.users.user import EmailAddress, User, UserStatus, normalize_email


@dataclass(frozen=True, slots=True)
class RequestSignUp:
    """Open an account that can be used once its address is verified, and have a message sent with the token for it.

    The answer is the same, and takes the same time, for an address that has an account: the message says so then.
    Who signs up again before the address is verified replaces what was signed up with before, and its token: nobody
    is led to verify an account for which somebody else has chosen the password.
    """

    unit_of_work: UnitOfWorkFactory
    throttle: Throttle
    hasher: PasswordHasher
    policy: PasswordPolicy
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: SignUpCommand) -> None:
        """Raise WeakPassword, TooManyAttempts, Overloaded."""
        self.policy.check(command.password, field="password")
        email = normalize_email(command.email)
        if command.network is not None:
            async with self.unit_of_work() as work:
                await self.throttle.admit(work, Attempt(AttemptKind.SIGN_UP, email, command.network))
                await work.commit()
        password_hash = await self.hasher.hash(command.password)
        try:
            await self._sign_up(email, password_hash, command)
        except EmailTaken:  # by somebody who was faster by a moment: now there is an account
            await self._sign_up(email, password_hash, command)

    async def _sign_up(self, email: EmailAddress, password_hash: str, command: SignUpCommand) -> None:
        now = self.clock.now()
        async with self.unit_of_work(command.actor) as work:
            known = await work.users.find_by_email(email)
            if known is None:
                user = User.sign_up(
                    id=UserId(self.ids.new()),
                    email=email,
                    full_name=command.full_name,
                    password_hash=password_hash,
                    role=Role.CUSTOMER,
                    status=UserStatus.PENDING,
                    now=now,
                )
                await work.users.add(user)
            else:
                await self._sign_up_again(known.id, password_hash, command.full_name, work)
            await work.mail.add(MailRequest.made(MailKind.SIGN_UP, email, now=now))
            await work.commit()

    async def _sign_up_again(
        self, user_id: UserId, password_hash: str, full_name: str | None, work: UnitOfWork
    ) -> None:
        user = await work.users.get(user_id)
        if user is None:
            return
        if user.status is UserStatus.PENDING:
            user.sign_up_again(full_name=full_name, password_hash=password_hash, now=self.clock.now())
            await work.one_time_tokens.remove(user.id, TokenPurpose.VERIFY_EMAIL)
        # Saved and told in any case: it takes as long as to add an account.
        await work.users.save(user)
        work.audit.record(AuditAction.USER_SIGNED_UP_AGAIN, user.id, at=self.clock.now())
