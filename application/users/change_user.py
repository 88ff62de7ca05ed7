from dataclasses import dataclass

from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from application.users.views import UserView
from domain.shared.actor import Actor
from domain.shared.errors import NotFound
from domain.shared.ids import UserId
from domain.users.administering import AccountChanges, administer
from domain.users.user import UserStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeUserCommand:
    """The command to change an account. `actor` is the admin, or a program.

    `expected_version` is the version that the admin saw.
    """

    user_id: UserId
    expected_version: int
    changes: AccountChanges
    actor: Actor


@dataclass(frozen=True, slots=True)
class ChangeUser:
    """Change the role of an account, or disable or enable the account.

    An admin cannot change their own account. The last admin cannot be disabled and cannot get another role.

    A new role applies immediately.

    A disabled account is logged out and cannot place orders. For some minutes, its access tokens can still read the
    account's own data.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, command: ChangeUserCommand) -> UserView:
        """Return the changed account.

        Raises NotFound, PreconditionFailed, Forbidden, LastAdmin, AccountClosed.
        """
        async with self.unit_of_work(command.actor) as work:
            admins = await work.users.lock_admins()
            user = await work.users.get(command.user_id)
            if user is None:
                raise NotFound("There is no such account.")
            user.ensure_unchanged_since(command.expected_version)
            administer(user, command.changes, actor_id=command.actor.id, admins=admins, now=self.clock.now())
            if user.status is UserStatus.DISABLED:
                await work.sessions.remove(await work.sessions.of_user(user.id))
            await work.users.save(user)
            await work.commit()
        return UserView.of(user)
