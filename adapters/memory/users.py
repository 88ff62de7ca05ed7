from collections.abc import Collection
from datetime import datetime

from adapters.memory.core.copying import copied
from adapters.memory.core.database import MemoryDatabase, Row, yield_control
from adapters.memory.core.keyset import page
from adapters.memory.core.transaction import Transaction
from application.shared.page import Page, Position
from application.users.ports import (
    EmailChanges,
    EmailTaken,
    OneTimeTokens,
    PrincipalState,
    SignUps,
    UserFilter,
    UserQueries,
    UserRepository,
)
from application.users.views import UserView
from domain.shared.ids import SessionId, SignUpId, UserId
from domain.users.email_address import EmailAddress
from domain.users.email_change import EmailChange
from domain.users.one_time_token import OneTimeToken, TokenPurpose
from domain.users.pending_sign_up import PendingSignUp
from domain.users.user import User


class MemoryUserRepository(UserRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, user: User) -> None:
        await yield_control()
        await self._transaction.lock([user_row(user.id)])
        await self._claim(user)
        self._write(user)

    async def find_by_email(self, email: EmailAddress) -> User | None:
        await yield_control()
        tables = self._transaction.tables
        return copied(tables.users[tables.user_ids[email]]) if email in tables.user_ids else None

    async def get(self, user_id: UserId) -> User | None:
        await self._transaction.lock([user_row(user_id)])
        return await self.peek(user_id)

    async def peek(self, user_id: UserId) -> User | None:
        await yield_control()
        return copied(self._transaction.tables.users.get(user_id))

    async def lock_admins(self) -> Collection[UserId]:
        users = self._transaction.tables.users
        await self._transaction.lock(user_row(user.id) for user in list(users.values()) if user.administers)
        await yield_control()
        return [user.id for user in users.values() if user.administers]

    async def save(self, user: User) -> None:
        await yield_control()
        self._transaction.ensure_locked(user_row(user.id))
        former = self._transaction.tables.users[user.id].email
        if user.email != former:
            if former is not None:
                await self._transaction.lock([_address_row(former)])
                del self._transaction.tables.user_ids[former]
            await self._claim(user)
        self._write(user)

    async def _claim(self, user: User) -> None:
        """Reserve the user's e-mail address. A closed account has no address to reserve."""
        if user.email is None:
            return
        await self._transaction.lock([_address_row(user.email)])
        user_ids = self._transaction.tables.user_ids
        if user.email in user_ids:
            self._transaction.fail(EmailTaken())
        user_ids[user.email] = user.id

    def _write(self, user: User) -> None:
        self._transaction.record(user.take_events())
        self._transaction.tables.users[user.id] = copied(user)


def user_row(user_id: UserId) -> Row:
    return "users", user_id.hex


def _address_row(address: EmailAddress) -> Row:
    return "users.email", address.normalized


class MemorySignUps(SignUps):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, sign_up: PendingSignUp) -> None:
        await self._transaction.lock([_sign_up_row(sign_up.id)])
        await yield_control()
        self._transaction.tables.sign_ups[sign_up.id] = sign_up

    async def get(self, sign_up_id: SignUpId) -> PendingSignUp | None:
        await yield_control()
        return self._transaction.tables.sign_ups.get(sign_up_id)

    async def find(self, token_hash: bytes) -> PendingSignUp | None:
        await yield_control()
        sign_ups = self._transaction.tables.sign_ups.values()
        return next((sign_up for sign_up in sign_ups if sign_up.token_hash == token_hash), None)

    async def save(self, sign_up: PendingSignUp) -> None:
        await self._transaction.lock([_sign_up_row(sign_up.id)])
        await yield_control()
        if sign_up.id in self._transaction.tables.sign_ups:
            self._transaction.tables.sign_ups[sign_up.id] = sign_up

    async def claim(self, sign_up: PendingSignUp) -> bool:
        rivals = [
            other.id for other in self._transaction.tables.sign_ups.values() if other.email == sign_up.email
        ]
        await self._transaction.lock(map(_sign_up_row, rivals))
        await yield_control()
        is_there = sign_up.id in self._transaction.tables.sign_ups
        for rival in rivals:
            self._remove(rival)
        return is_there

    async def prune(self, *, requested_until: datetime) -> None:
        sign_ups = list(self._transaction.tables.sign_ups.values())
        for sign_up in sign_ups:
            if sign_up.requested_at <= requested_until:
                await self._transaction.lock([_sign_up_row(sign_up.id)])
                self._remove(sign_up.id)
        await yield_control()

    def _remove(self, sign_up_id: SignUpId) -> None:
        tables = self._transaction.tables
        tables.sign_ups.pop(sign_up_id, None)
        for key in [key for key in tables.mail if key[2] == sign_up_id]:
            del tables.mail[key]


def _sign_up_row(sign_up_id: SignUpId) -> Row:
    return "sign_ups", sign_up_id.hex


class MemoryOneTimeTokens(OneTimeTokens):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put(self, token: OneTimeToken) -> None:
        await self._transaction.lock([_token_row(token.user_id, token.purpose)])
        await yield_control()
        self._transaction.tables.one_time_tokens[token.user_id, token.purpose] = token

    async def find(self, purpose: TokenPurpose, token_hash: bytes) -> OneTimeToken | None:
        await yield_control()
        tokens = self._transaction.tables.one_time_tokens.values()
        return next((t for t in tokens if t.purpose is purpose and t.token_hash == token_hash), None)

    async def take(self, token: OneTimeToken) -> bool:
        await self._transaction.lock([_token_row(token.user_id, token.purpose)])
        await yield_control()
        tokens = self._transaction.tables.one_time_tokens
        if tokens.get((token.user_id, token.purpose)) != token:
            return False
        del tokens[token.user_id, token.purpose]
        return True

    async def remove(self, user_id: UserId) -> None:
        places = [place for place in self._transaction.tables.one_time_tokens if place[0] == user_id]
        await self._transaction.lock(_token_row(*place) for place in places)
        await yield_control()
        for place in places:
            self._transaction.tables.one_time_tokens.pop(place, None)


def _email_change_row(user_id: UserId) -> Row:
    return "email_changes", user_id.hex


class MemoryEmailChanges(EmailChanges):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put(self, change: EmailChange) -> None:
        await self._transaction.lock([_email_change_row(change.user_id)])
        await yield_control()
        self._transaction.tables.email_changes[change.user_id] = change

    async def get(self, user_id: UserId) -> EmailChange | None:
        await yield_control()
        return self._transaction.tables.email_changes.get(user_id)

    async def find(self, token_hash: bytes) -> EmailChange | None:
        await yield_control()
        changes = self._transaction.tables.email_changes.values()
        return next((change for change in changes if change.token_hash == token_hash), None)

    async def save(self, change: EmailChange) -> None:
        await self._transaction.lock([_email_change_row(change.user_id)])
        await yield_control()
        stored = self._transaction.tables.email_changes.get(change.user_id)
        if stored is not None and stored.requested_at == change.requested_at:
            self._transaction.tables.email_changes[change.user_id] = change

    async def remove(self, user_id: UserId) -> None:
        await self._transaction.lock([_email_change_row(user_id)])
        await yield_control()
        self._transaction.tables.email_changes.pop(user_id, None)

    async def prune(self, *, requested_until: datetime) -> None:
        for change in list(self._transaction.tables.email_changes.values()):
            if change.requested_at <= requested_until:
                await self.remove(change.user_id)


def _token_row(user_id: UserId, purpose: TokenPurpose) -> Row:
    return "one_time_tokens", user_id.hex, purpose


class MemoryUserQueries(UserQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get(self, user_id: UserId) -> UserView | None:
        await yield_control()
        user = self._database.tables.users.get(user_id)
        return UserView.of(user) if user else None

    async def state_of(
        self, user_id: UserId, session_id: SessionId, *, now: datetime
    ) -> PrincipalState | None:
        await yield_control()
        user = self._database.tables.users.get(user_id)
        session = self._database.tables.sessions.get(session_id)
        if user is None:
            return None
        has_session = session is not None and session.user_id == user_id and not session.is_over(now)
        return PrincipalState(user.role, user.status, has_session=has_session)

    async def list(
        self, criteria: UserFilter, *, descending: bool, after: Position | None, limit: int
    ) -> Page[UserView]:
        await yield_control()
        return page(
            (user for user in self._database.tables.users.values() if _meets(user, criteria)),
            position=lambda user: (user.created_at, user.id),
            show=UserView.of,
            descending=descending,
            after=after,
            limit=limit,
        )


def _meets(user: User, criteria: UserFilter) -> bool:
    return (
        criteria.email in {None, user.email}
        and criteria.role in {None, user.role}
        and criteria.status in {None, user.status}
    )
