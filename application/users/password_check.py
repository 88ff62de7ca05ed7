"""Verification of the current password before security changes.

An attacker with a stolen session cannot make such a change without the password.
"""

from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.shared.ports import Clock
from application.throttling.throttle import Throttle
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.users.ports import PasswordHasher
from domain.shared.actor import Actor
from domain.shared.errors import ValidationFailed, Violation
from domain.shared.ids import UserId
from domain.users.attempts import Attempt, AttemptKind
from domain.users.user import User


class WrongPassword(ValidationFailed):
    """The current password is wrong."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing was changed.",
            violations=[
                Violation(("current_password",), "wrong_password", "This is not your present password.")
            ],
        )


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """Check the current password in three steps, so that hashing holds no database connection.

    `admit` counts the attempt. `verify` hashes the password. `confirm` locks the user's row and ensures that the
    stored password is still the same as in `admit`.

    Attempts are throttled like log-ins, so that an attacker with a stolen session cannot guess the password.
    """

    unit_of_work: UnitOfWorkFactory
    throttle: Throttle
    hasher: PasswordHasher
    clock: Clock

    async def admit(self, work: UnitOfWork, user_id: UserId, network: str) -> User | None:
        """Count the attempt, and return the user without locking the user's row. The caller commits.

        Raises TooManyAttempts, Overloaded.
        """
        user = await work.users.peek(user_id)
        if user is not None:
            await self.throttle.admit(work, _attempt(user, network))
        return user

    async def verify(
        self, user: User | None, password: str, *, user_id: UserId, refusal: AuditAction, actor: Actor
    ) -> User:
        """Return the user if the password is right.

        If the password is wrong, records `refusal` in the audit log and raises WrongPassword. Raises
        Overloaded.
        """
        if await self.hasher.verify(password, user.password_hash if user else None) and user is not None:
            return user
        async with self.unit_of_work(actor) as work:
            work.audit.record(refusal, user_id, at=self.clock.now())
            await work.commit()
        raise WrongPassword

    async def confirm(self, work: UnitOfWork, checked: User, network: str) -> User:
        """Lock the user's row, remove the attempt from the tallies, and return the user.

        Raises AccountDisabled. Raises WrongPassword if the password has changed since `admit`.
        """
        user = await work.users.get(checked.id)
        if user is None or user.password_changed_at != checked.password_changed_at:
            raise WrongPassword
        user.ensure_active()
        await self.throttle.reset(work, _attempt(checked, network))
        return user


def _attempt(user: User, network: str) -> Attempt:
    return Attempt(AttemptKind.PASSWORD_CHANGE, str(user.email or user.id), network)
