from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.mail.request import MailKind, MailRequest
from application.shared.ports import Clock, IdFactory
from application.throttling.throttle import Throttle
from application.unit_of_work import UnitOfWorkFactory
from application.users.password_policy import PasswordPolicy
from application.users.ports import PasswordHasher
from application.users.sign_up import SignUpCommand
from domain.shared.ids import SignUpId
from domain.users.attempts import Attempt, AttemptKind
from domain.users.email_address import masked_email
from domain.users.pending_sign_up import PendingSignUp


@dataclass(frozen=True, slots=True)
class RequestSignUp:
    """Store a sign-up, and send a message with a token to its e-mail address.

    The token confirms only this sign-up, with its password and name. Any number of sign-ups can wait for one
    address. The first sign-up that is confirmed opens the account. The other sign-ups then become invalid.

    If the address already has an account, the response and the response time are the same as for a new address.
    Only the message says that the account exists.
    """

    unit_of_work: UnitOfWorkFactory
    throttle: Throttle
    hasher: PasswordHasher
    policy: PasswordPolicy
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: SignUpCommand) -> None:
        """Store the sign-up and request its message.

        Raises WeakPassword, TooManyAttempts, Overloaded.
        """
        self.policy.check(command.password, field="password")
        email = command.email
        if command.network is not None:
            async with self.unit_of_work() as work:
                await self.throttle.admit(
                    work, Attempt(AttemptKind.SIGN_UP, email.normalized, command.network)
                )
                await work.commit()
        password_hash = await self.hasher.hash(command.password)
        now = self.clock.now()
        sign_up = PendingSignUp.request(
            id=SignUpId(self.ids.new()),
            email=email,
            full_name=command.full_name,
            password_hash=password_hash,
            now=now,
        )
        async with self.unit_of_work(command.actor) as work:
            known = await work.users.find_by_email(email)
            await work.sign_ups.add(sign_up)
            await work.mail.add(MailRequest.made(MailKind.SIGN_UP, email, sign_up_id=sign_up.id, now=now))
            # One audit entry is written, whether or not the address has an account. The number of SQL statements is
            # therefore the same.
            if known is None:
                work.audit.record(
                    AuditAction.USER_SIGN_UP_REQUESTED, None, at=now, address=masked_email(email.normalized)
                )
            else:
                work.audit.record(AuditAction.USER_SIGNED_UP_AGAIN, known.id, at=now)
            await work.commit()
