from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.mail.message import MailTemplates, Message
from application.mail.ports import AddressRefused, Mailer
from application.mail.request import MailKind, MailRequest
from application.shared.ports import Clock, Randomness
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.shared.ids import EndpointId, SignUpId, UserId
from domain.users.email_address import EmailAddress
from domain.users.one_time_token import SECRET_BYTES, OneTimeToken, TokenPurpose, text_of
from domain.users.user import UserStatus


@dataclass(frozen=True, slots=True)
class MailFailure:
    """A message that was not sent.

    If `is_set_aside` is true, the message is not retried. Otherwise, the message is retried later. If a message is
    set aside because it waited too long, `error` is None.
    """

    request: MailRequest
    error: Exception | None
    is_set_aside: bool


@dataclass(frozen=True, slots=True)
class DeliverMail:
    """Send the mail that is due.

    The text of a message is generated when the message is sent. If the message contains a token, the token is
    created at the same time. Only the hash of the token is stored. During the delivery, no database connection is
    held.

    If an attempt fails, the message is retried after a pause. Each pause is longer than the previous pause. If the
    last attempt fails, the message is set aside and never retried.

    Each run sends all due messages. Messages without an attempt come first, so that failing messages do not delay
    other messages.
    """

    unit_of_work: UnitOfWorkFactory
    mailer: Mailer
    templates: MailTemplates
    clock: Clock
    randomness: Randomness

    async def __call__(self) -> Sequence[MailFailure]:
        """Send the due messages, and return the failures. Raises Overloaded, DatabaseUnavailable."""
        failures: list[MailFailure] = []
        while await self._deliver_next(failures):
            pass
        return failures

    async def _deliver_next(self, failures: list[MailFailure]) -> bool:
        """Send the next due message or record its failure. Return whether a message was due."""
        now = self.clock.now()
        async with self.unit_of_work() as work:
            request = await work.mail.next_due(now)
            if request is None:
                return False
            if request.is_stale(now):
                await work.mail.set_aside(request, at=now)
                await work.commit()
                failures.append(MailFailure(request, None, is_set_aside=True))
                return True
            message = await self._message_for(request, work, now)
            if message is None:
                await work.mail.remove(request)
                await work.commit()
                return True
            request.attempt(now)
            await work.mail.save(request)
            await work.commit()
        error = await self._send(message)
        is_final = isinstance(error, AddressRefused) or (error is not None and request.was_last_attempt)
        if error is not None:
            failures.append(MailFailure(request, error, is_set_aside=is_final))
            if not is_final:
                return True
        async with self.unit_of_work() as work:
            if error is None:
                await work.mail.remove(request)
            else:
                await work.mail.set_aside(request, at=self.clock.now())
            await work.commit()
        return True

    async def _send(self, message: Message) -> Exception | None:
        try:
            await self.mailer.send(message)
        except Exception as error:  # noqa: BLE001 - an error of one message must not delay the others
            return error
        return None

    async def _message_for(self, request: MailRequest, work: UnitOfWork, now: datetime) -> Message | None:
        """Return the message for the request, or None if the request is obsolete."""
        match request.kind, request.subject_id:
            case MailKind.EMAIL_CHANGE, UUID() as user_id:
                return await self._email_change(UserId(user_id), request.address, work, now)
            case MailKind.EMAIL_CHANGE_NOTICE, _:
                return self.templates.email_change_notice(request.address)
            case MailKind.EMAIL_CHANGED, _:
                return self.templates.email_changed(request.address)
            case _, UUID() as endpoint_id:
                return await self._endpoint_message(request, EndpointId(endpoint_id), work)
            case _:
                return await self._account_message(request, work, now)

    async def _endpoint_message(
        self, request: MailRequest, endpoint_id: EndpointId, work: UnitOfWork
    ) -> Message | None:
        """Return the message about an endpoint, or None if the message is obsolete."""
        # A change of an endpoint locks the endpoint first and the mail request second. This code already holds the
        # lock of the mail request. To rule out deadlocks, this code does not lock the endpoint.
        endpoint = await work.webhooks.peek(endpoint_id)
        if endpoint is None:
            return None
        match request.kind:
            case MailKind.WEBHOOK_ENDPOINT_PAUSED if endpoint.paused_at and endpoint.failing_since:
                return self.templates.endpoint_paused(
                    request.address, endpoint_id, endpoint.host, failing_since=endpoint.failing_since
                )
            case MailKind.WEBHOOK_ENDPOINT_BLOCKED if endpoint.blocked_at:
                return self.templates.endpoint_blocked(request.address, endpoint_id, endpoint.host)
            case _:
                return None

    async def _account_message(self, request: MailRequest, work: UnitOfWork, now: datetime) -> Message | None:
        """Return the message for the e-mail address, or None if the message is obsolete."""
        user = await work.users.find_by_email(request.address)
        if request.sign_up_id is not None and (user is None or user.status is UserStatus.PENDING):
            return await self._confirmation(request.sign_up_id, work, now)
        if user is None:
            return None
        address = user.email or request.address
        match request.kind, user.status:
            case MailKind.PASSWORD_RESET, UserStatus.ACTIVE | UserStatus.PENDING:
                token = await self._token(user.id, TokenPurpose.RESET_PASSWORD, work, now)
                return self.templates.reset_password(address, token)
            case MailKind.SIGN_UP, UserStatus.PENDING:
                token = await self._token(user.id, TokenPurpose.VERIFY_EMAIL, work, now)
                return self.templates.verify_email(address, token, requested_at=request.requested_at)
            case MailKind.SIGN_UP, UserStatus.ACTIVE:
                return self.templates.address_known(address)
            case _:
                return None

    async def _confirmation(self, sign_up_id: SignUpId, work: UnitOfWork, now: datetime) -> Message | None:
        sign_up = await work.sign_ups.get(sign_up_id)
        if sign_up is None or sign_up.is_over(now):
            return None
        secret = self.randomness.token_bytes(SECRET_BYTES)
        await work.sign_ups.save(sign_up.with_token(secret))
        return self.templates.verify_email(sign_up.email, text_of(secret), requested_at=sign_up.requested_at)

    async def _email_change(
        self, user_id: UserId, address: EmailAddress, work: UnitOfWork, now: datetime
    ) -> Message | None:
        change = await work.email_changes.get(user_id)
        if change is None or change.email != address or change.is_over(now):
            return None
        if await work.users.find_by_email(change.email) is not None:
            return self.templates.email_in_use(change.email)
        secret = self.randomness.token_bytes(SECRET_BYTES)
        await work.email_changes.save(change.with_token(secret))
        return self.templates.confirm_email(change.email, text_of(secret))

    async def _token(self, user_id: UserId, purpose: TokenPurpose, work: UnitOfWork, now: datetime) -> str:
        secret = self.randomness.token_bytes(SECRET_BYTES)
        await work.one_time_tokens.put(OneTimeToken.issue(user_id, purpose, secret, now=now))
        return text_of(secret)
