from dataclasses import dataclass

from application.shared.ports import Clock
from application.signing.ports import InvalidToken
from application.unit_of_work import UnitOfWorkFactory
from application.users.views import UserView
from domain.shared.actor import Actor
from domain.shared.ids import UserId
from domain.shared.unset import Unset


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMeCommand:
    """The command to change the caller's account.

    `expected_version` is the version that the user saw. If `full_name` is UNSET, the name does not change.
    """

    user_id: UserId
    expected_version: int
    full_name: str | Unset | None
    actor: Actor


@dataclass(frozen=True, slots=True)
class ChangeMe:
    """Change the caller's own account.

    The request fails if the account was changed after the caller read the account.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, command: ChangeMeCommand) -> UserView:
        """Return the changed account.

        Raises AccountDisabled, PreconditionFailed. Raises InvalidToken if the account is closed.
        """
        async with self.unit_of_work(command.actor) as work:
            user = await work.users.get(command.user_id)
            if user is None:
                raise InvalidToken
            user.ensure_active()
            user.ensure_unchanged_since(command.expected_version)
            if not isinstance(command.full_name, Unset):
                user.rename(command.full_name, now=self.clock.now())
                await work.users.save(user)
            await work.commit()
        return UserView.of(user)
