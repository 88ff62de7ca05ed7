import pytest

from domain.users.events import UserSignedUp
from domain.users.password import MAX_LENGTH, WeakPassword, ensure_long_enough, normalize_password
from domain.users.permissions import PERMISSIONS, Permission, Role
from domain.users.user import AccountDisabled, UserStatus
from entrypoints.email_addresses import sought_email_address
from tests.kit.examples import NOW, a_user
from tests.kit.ports import SequentialIds

PERMITTED = {
    Role.CUSTOMER: {Permission.PLACE_ORDERS},
    Role.STAFF: {
        Permission.PLACE_ORDERS,
        Permission.SEE_ALL_ORDERS,
        Permission.PLACE_ORDERS_FOR_OTHERS,
        Permission.CHANGE_ANY_ORDER,
        Permission.CANCEL_ANY_ORDER,
        Permission.PAY_ANY_ORDER,
        Permission.FULFIL_ORDERS,
        Permission.REFUND_ORDERS,
        Permission.MANAGE_CATALOG,
        Permission.SEE_ARCHIVED_PRODUCTS,
        Permission.MANAGE_STOCK,
        Permission.READ_EVENTS,
        Permission.MANAGE_WEBHOOKS,
    },
    Role.ADMIN: set(Permission),
}


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_each_role_has_the_permissions_of_the_permission_table(role: Role, permission: Permission) -> None:
    user = a_user(SequentialIds())
    user.role = role
    assert user.may(permission) is (permission in PERMITTED[role])


def test_each_role_includes_the_permissions_of_lower_roles() -> None:
    assert PERMISSIONS[Role.CUSTOMER] < PERMISSIONS[Role.STAFF] < PERMISSIONS[Role.ADMIN]


@pytest.mark.parametrize("spelling", ["Ann@Example.com", " ann@example.com ", "ANN@EXAMPLE.COM"])
def test_case_and_surrounding_spaces_of_an_email_address_are_ignored(spelling: str) -> None:
    assert sought_email_address(spelling) == sought_email_address("ann@example.com")


def test_new_account_is_active_and_unverified() -> None:
    user = a_user(SequentialIds())
    assert (user.status, user.email_verified, user.version) == (UserStatus.ACTIVE, False, 1)
    user.ensure_active()
    [event] = user.events
    assert isinstance(event, UserSignedUp)
    assert (event.aggregate_id, event.aggregate_version, event.occurred_at) == (user.id, 1, NOW)


@pytest.mark.parametrize("status", [UserStatus.DISABLED, UserStatus.CLOSED])
def test_disabled_or_closed_account_is_rejected(status: UserStatus) -> None:
    user = a_user(SequentialIds())
    user.status = status
    with pytest.raises(AccountDisabled):
        user.ensure_active()


def test_repr_of_a_user_hides_the_password_hash() -> None:
    user = a_user(SequentialIds())
    assert user.password_hash
    assert user.password_hash not in repr(user)


@pytest.mark.parametrize("password", ["x" * 12, "x" * MAX_LENGTH, "\u0301" * 12, "👩" * 12, " " * 12])
def test_password_length_is_the_number_of_characters_in_any_script(password: str) -> None:
    ensure_long_enough(password, min_length=12, field="password")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("x" * 11, "password_too_short"),
        ("", "password_too_short"),
        ("e\u0301" * 11, "password_too_short"),  # twenty-two code points, eleven characters
        ("x" * (MAX_LENGTH + 1), "password_too_long"),
        ("\ufdfa" * 12, "password_too_long"),  # normalization expands each character to eighteen characters
    ],
)
def test_password_of_invalid_length_is_reported_at_the_field_password(password: str, code: str) -> None:
    with pytest.raises(WeakPassword) as refusal:
        ensure_long_enough(password, min_length=12, field="new_password")
    [violation] = refusal.value.violations
    assert (violation.path, violation.code) == (("new_password",), code)
    assert not password or password not in violation.detail


def test_unicode_compositions_of_a_password_are_normalized_to_the_same_text() -> None:
    assert normalize_password("e\u0301") == normalize_password("\u00e9") == "\u00e9"
