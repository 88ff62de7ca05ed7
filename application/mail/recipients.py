"""The e-mail addresses to which the shop sends mail about objects such as webhook endpoints."""

from collections.abc import Sequence

from application.unit_of_work import UnitOfWork
from domain.shared.ids import UserId
from domain.users.email_address import EmailAddress
from domain.users.user import UserStatus


async def address_of(user_id: UserId, work: UnitOfWork) -> EmailAddress | None:
    """Return the e-mail address of a user, or None if the user is not active or does not exist."""
    user = await work.users.peek(user_id)
    return user.email if user is not None and user.status is UserStatus.ACTIVE else None


async def addresses_of_admins(work: UnitOfWork) -> Sequence[EmailAddress]:
    """Lock the rows of all active admins, and return their e-mail addresses."""
    addresses = [await address_of(user_id, work) for user_id in await work.users.lock_admins()]
    return [address for address in addresses if address is not None]
