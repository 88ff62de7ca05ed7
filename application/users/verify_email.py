from dataclasses import dataclass, field
from datetime import datetime

from application.mail.request import MailKind, MailRequest
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock, IdFactory
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.users.ports import EmailTaken
from application.users.views import UserView
from domain.shared.actor import Actor
from domain.shared.ids import UserId
from domain.users.email_change import EmailChange
from domain.users.one_time_token import InvalidOneTimeToken, TokenPurpose, hash_of
from domain.users.pending_sign_up import PendingSignUp
from domain.users.permissions import Role
from domain.users.user import User, UserStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyEmailCommand:
    """`actor` has no id, because a caller with a mailed token is not logged in."""

    token: str = field(repr=False)
    actor: Actor
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    """Confirm an e-mail address with a mailed token.

    A token can be used only once, within a day.

    The token of a sign-up opens the account, with the name and the password of that sign-up. Other sign-ups for the
    address become invalid.

    The token of an address change gives the account the new address. The former address gets a notice. All sessions
    end except the session that requested the change.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: VerifyEmailCommand) -> IdempotentResult[UserView]:
        """Return the account.

        Raises InvalidOneTimeToken, IdempotencyKeyReused, IdempotencyInFlight.
        """
        async with self.unit_of_work(command.actor) as work:
            return await run_once(work, command.key, UserView, lambda: self._verify(work, command))

    async def _verify(self, work: UnitOfWork, command: VerifyEmailCommand) -> UserView:
        now = self.clock.now()
        token_hash = hash_of(command.token)
        sign_up = await work.sign_ups.find(token_hash)
        if sign_up is not None:
            return UserView.of(await self._opened_account(sign_up, work, now))
        change = await work.email_changes.find(token_hash)
        if change is not None:
            return UserView.of(await self._changed_account(change, work, now))
        return UserView.of(await self._verified_account(token_hash, work, now))

    async def _changed_account(self, change: EmailChange, work: UnitOfWork, now: datetime) -> User:
        user = await work.users.get(change.user_id)
        # Another request may have replaced or confirmed the change. The user's row is locked now, so the change is
        # read again.
        if (
            user is None
            or user.status is not UserStatus.ACTIVE
            or change.is_over(now)
            or await work.email_changes.get(user.id) != change
        ):
            raise InvalidOneTimeToken
        former = user.email
        user.change_email(change.email, now=now)
        await work.email_changes.remove(user.id)
        # The remaining one-time tokens were sent to the former address, so they become invalid.
        await work.one_time_tokens.remove(user.id)
        sessions = await work.sessions.of_user(user.id)
        await work.sessions.remove([s for s in sessions if s.id != change.session_id])
        if former is not None:
            await work.mail.add(MailRequest.made(MailKind.EMAIL_CHANGED, former, subject_id=user.id, now=now))
        try:
            await work.users.save(user)
        except EmailTaken:
            raise InvalidOneTimeToken from None
        return user

    async def _opened_account(self, sign_up: PendingSignUp, work: UnitOfWork, now: datetime) -> User:
        # Lock the user's row before the sign-ups. Closing an account uses the same sequence. This prevents deadlocks.
        known = await work.users.find_by_email(sign_up.email)
        pending = await work.users.get(known.id) if known else None
        if sign_up.is_over(now) or not await work.sign_ups.claim(sign_up):
            raise InvalidOneTimeToken
        if known is None:
            user = User.sign_up(
                id=UserId(self.ids.new()),
                email=sign_up.email,
                full_name=sign_up.full_name,
                password_hash=sign_up.password_hash,
                role=Role.CUSTOMER,
                now=now,
            )
            user.verify_email(now=now)
            try:
                await work.users.add(user)
            except EmailTaken:
                raise InvalidOneTimeToken from None
            return user
        if pending is None or pending.status is not UserStatus.PENDING:
            raise InvalidOneTimeToken
        pending.confirm_sign_up(full_name=sign_up.full_name, password_hash=sign_up.password_hash, now=now)
        await work.users.save(pending)
        return pending

    async def _verified_account(self, token_hash: bytes, work: UnitOfWork, now: datetime) -> User:
        """Verify the e-mail address of a pending account. Only former releases opened such accounts."""
        token = await work.one_time_tokens.find(TokenPurpose.VERIFY_EMAIL, token_hash)
        if token is None or token.is_over(now):
            raise InvalidOneTimeToken
        user = await work.users.get(token.user_id)
        is_mine = await work.one_time_tokens.take(token)
        if user is None or not user.may_be_verified or not is_mine:
            raise InvalidOneTimeToken
        user.verify_email(now=now)
        await work.users.save(user)
        return user
