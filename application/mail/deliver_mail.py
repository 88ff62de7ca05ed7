from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from application.mail.message import MailTemplates, Message
from application.mail.ports import AddressRefused, Mailer
from application.mail.request import MailKind, MailRequest
from application.shared.clock import Clock
from application.shared.randomness import Randomness
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.shared.ids import SignUpId, UserId
from domain.users.one_time_token import SECRET_BYTES, OneTimeToken, TokenPurpose, text_of
from domain.users.user import UserStatus


@dataclass(frozen=True, slots=True)
class DeliverMail:
    """Send the mail that is due.

    A message is written when it is sent: the token in it is made here, and kept nowhere but as its hash. No
    connection is held while it is handed over. What could not be sent is tried again, later each time, for an hour.
    """

    unit_of_work: UnitOfWorkFactory
    mailer: Mailer
    letters: MailTemplates
    clock: Clock
    randomness: Randomness

    async def __call__(self) -> None:
        """Raise MailNotSent: the message waits, and what is due besides is sent next time."""
        while await self._deliver_next():
            pass

    async def _deliver_next(self) -> bool:
        now = self.clock.now()
        async with self.unit_of_work() as work:
            request = await work.mail.next_due(now)
            if request is None:
                return False
            message = None if request.is_stale(now) else await self._message(request, work, now)
            if message is None:
                await work.mail.remove(request)
                await work.commit()
                return True
            request.attempt(now)
            await work.mail.save(request)
            await work.commit()
        with suppress(AddressRefused):
            await self.mailer.send(message)
        async with self.unit_of_work() as work:
            await work.mail.remove(request)
            await work.commit()
        return True

    async def _message(self, request: MailRequest, work: UnitOfWork, now: datetime) -> Message | None:
        """Write the message, or none where the address has no account that it would be for."""
        user = await work.users.find_by_email(request.address)
        if request.sign_up_id is not None and (user is None or user.status is UserStatus.PENDING):
            return await self._confirmation(request.sign_up_id, work, now)
        if user is None:
            return None
        match request.kind, user.status:
            case MailKind.PASSWORD_RESET, UserStatus.ACTIVE | UserStatus.PENDING:
                token = await self._token(user.id, TokenPurpose.RESET_PASSWORD, work, now)
                return self.letters.reset_password(user.email, token)
            case MailKind.SIGN_UP, UserStatus.PENDING:
                token = await self._token(user.id, TokenPurpose.VERIFY_EMAIL, work, now)
                return self.letters.verify_email(user.email, token, requested_at=request.requested_at)
            case MailKind.SIGN_UP, UserStatus.ACTIVE:
                return self.letters.address_known(user.email)
            case _:
                return None

    async def _confirmation(self, sign_up_id: SignUpId, work: UnitOfWork, now: datetime) -> Message | None:
        sign_up = await work.sign_ups.get(sign_up_id)
        if sign_up is None or sign_up.is_over(now):
            return None
        secret = self.randomness.token_bytes(SECRET_BYTES)
        await work.sign_ups.save(sign_up.with_token(secret))
        return self.letters.verify_email(sign_up.email, text_of(secret), requested_at=sign_up.requested_at)

    async def _token(self, user_id: UserId, purpose: TokenPurpose, work: UnitOfWork, now: datetime) -> str:
        secret = self.randomness.token_bytes(SECRET_BYTES)
        await work.one_time_tokens.put(OneTimeToken.issue(user_id, purpose, secret, now=now))
        return text_of(secret)
