from dataclasses import dataclass, field

from application.audit.entry import AuditAction
from application.mail.request import MailKind, MailRequest
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock
from application.shared.run_once import find_replay, store_result
from application.throttling.throttle import Throttle
from application.unit_of_work import UnitOfWorkFactory
from application.users.password_check import PasswordCheck
from application.users.views import UserView
from domain.shared.actor import Actor
from domain.shared.ids import SessionId, UserId
from domain.users.attempts import Attempt, AttemptKind
from domain.users.email_address import EmailAddress
from domain.users.email_change import EmailChange


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEmailChangeCommand:
    """`session_id` is the session that stays valid, and `network` is the client's network."""

    user_id: UserId
    session_id: SessionId
    email: EmailAddress
    current_password: str = field(repr=False)
    network: str
    actor: Actor
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class RequestEmailChange:
    """Request a change of the e-mail address.

    The service sends a token to the new address, and a notice to the current address. To change the address, send
    this token to `POST /v1/users/verify-email` within a day. Then all sessions end except the session that
    requested the change.

    A later request replaces an earlier request. The response does not reveal whether the new address has an
    account.
    """

    unit_of_work: UnitOfWorkFactory
    throttle: Throttle
    password_check: PasswordCheck
    clock: Clock

    async def __call__(self, command: RequestEmailChangeCommand) -> IdempotentResult[UserView]:
        """Return the unchanged account.

        Raises TooManyAttempts, WrongPassword, SameEmail, AccountDisabled, Overloaded, IdempotencyKeyReused,
        IdempotencyInFlight.
        """
        async with self.unit_of_work() as work:
            if replay := await find_replay(work, command.key, UserView):
                return replay
            admitted = await self.password_check.admit(work, command.user_id, command.network)
            await work.commit()
        checked = await self.password_check.verify(
            admitted,
            command.current_password,
            user_id=command.user_id,
            refusal=AuditAction.USER_EMAIL_CHANGE_REFUSED,
            actor=command.actor,
        )
        async with self.unit_of_work(command.actor) as work:
            if replay := await find_replay(work, command.key, UserView):
                return replay
            user = await self.password_check.confirm(work, checked, command.network)
            await self.throttle.admit(
                work, Attempt(AttemptKind.EMAIL_CHANGE, command.email.normalized, command.network)
            )
            now = self.clock.now()
            change = EmailChange.request(user, command.email, session_id=command.session_id, now=now)
            await work.mail.add(
                MailRequest.made(MailKind.EMAIL_CHANGE, change.email, subject_id=user.id, now=now)
            )
            # The mail worker locks the mail request first and the change second. This code uses the same sequence,
            # which rules out deadlocks.
            await work.email_changes.put(change)
            if user.email is not None:
                await work.mail.add(
                    MailRequest.made(MailKind.EMAIL_CHANGE_NOTICE, user.email, subject_id=user.id, now=now)
                )
            work.audit.record(AuditAction.USER_EMAIL_CHANGE_REQUESTED, user.id, at=now)
            return await store_result(work, command.key, UserView.of(user))
