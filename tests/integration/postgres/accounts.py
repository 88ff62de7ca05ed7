"""Accounts that are written directly in a unit of work, without a sign-up."""

from domain.shared.ids import UserId
from domain.users.permissions import Role
from domain.users.user import User
from entrypoints.email_addresses import parse_email_address
from tests.kit.shop import Shop

SECRET = "the hash of somebody's password"


def user_of(shop: Shop, email: str) -> User:
    return User.sign_up(
        id=UserId(shop.ids.new()),
        email=parse_email_address(email),
        full_name=None,
        password_hash=SECRET,
        role=Role.CUSTOMER,
        now=shop.clock.now(),
    )
