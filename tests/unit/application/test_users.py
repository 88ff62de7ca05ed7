from dataclasses import replace
from datetime import timedelta

import pytest

from application.sessions.log_in import LogInCommand, WrongCredentials
from application.shared.idempotency import IdempotencyKeyReused, IdempotentOperation
from application.signing.ports import InvalidToken, TokenExpired
from application.users.ports import EmailTaken
from application.users.principal import UserPrincipal
from application.users.sign_up import SignUpCommand
from domain.shared.errors import Forbidden, NotFound
from domain.shared.ids import UserId
from domain.users.password import WeakPassword
from domain.users.permissions import Permission, Role
from domain.users.user import AccountDisabled, UserStatus
from entrypoints.email_addresses import sought_email_address
from tests.kit.accounts import BREACHED_PASSWORD, NETWORK, PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.examples import a_user
from tests.kit.shop import Shop

SIGN_UP = SignUpCommand(
    email=sought_email_address("Ann@Example.com"), password=PASSWORD, full_name="Ann", actor=SOMEBODY
)
LOG_IN = LogInCommand(
    email=sought_email_address(" ann@EXAMPLE.com"), password=PASSWORD, network=NETWORK, actor=SOMEBODY
)


async def principal_of(shop: Shop, log_in: LogInCommand) -> UserPrincipal:
    return await shop.principal_of(await shop.log_in(log_in))


async def test_sign_up_creates_a_customer_with_a_normalized_email_address(shop: Shop) -> None:
    ann = (await shop.sign_up(SIGN_UP)).result
    assert (ann.email, ann.full_name, ann.role) == ("ann@example.com", "Ann", Role.CUSTOMER)
    assert (ann.status, ann.email_verified, ann.version) == (UserStatus.ACTIVE, False, 1)
    assert ann.created_at == ann.updated_at == shop.clock.now()
    assert await shop.get_user(ann.id) == ann
    assert (await shop.store.outbox.counts())["user.signed_up"] == 1


async def test_different_spellings_of_an_email_address_belong_to_one_account(shop: Shop) -> None:
    await shop.sign_up(SIGN_UP)
    with pytest.raises(EmailTaken):
        await shop.sign_up(replace(SIGN_UP, email=sought_email_address("ann@example.COM")))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("too short", "password_too_short"),
        ("x" * 129, "password_too_long"),
        ("\u0301" * 240_000, "password_too_long"),
        (BREACHED_PASSWORD, "password_breached"),
    ],
)
async def test_sign_up_with_a_weak_password_is_rejected(shop: Shop, password: str, code: str) -> None:
    with pytest.raises(WeakPassword) as refusal:
        await shop.sign_up(replace(SIGN_UP, password=password))
    [violation] = refusal.value.violations
    assert (violation.path, violation.code) == (("password",), code)
    await shop.sign_up(SIGN_UP)


async def test_sign_up_is_executed_only_once_per_idempotency_key(shop: Shop) -> None:
    command = replace(
        SIGN_UP, key=shop.commands.key("Ann", operation=IdempotentOperation.CREATE_USER, key="k")
    )
    first, again = await shop.sign_up(command), await shop.sign_up(command)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.result == again.result
    with pytest.raises(IdempotencyKeyReused):
        await shop.sign_up(
            replace(
                command,
                email=sought_email_address("b@example.com"),
                key=shop.commands.key("Bob", operation=IdempotentOperation.CREATE_USER, key="k"),
            )
        )


async def test_repr_of_a_command_hides_the_password() -> None:
    assert PASSWORD not in repr(SIGN_UP)
    assert PASSWORD not in repr(LOG_IN)


async def test_log_in_returns_an_access_token_of_the_user(shop: Shop) -> None:
    ann = (await shop.sign_up(SIGN_UP)).result
    principal = await principal_of(shop, LOG_IN)
    assert (principal.user_id, principal.role) == (ann.id, Role.CUSTOMER)


async def test_each_log_in_starts_a_session(shop: Shop) -> None:
    await shop.sign_up(SIGN_UP)
    sessions = {(await principal_of(shop, LOG_IN)).session_id for _ in range(3)}
    assert len(sessions) == 3


@pytest.mark.parametrize(
    "log_in",
    [
        replace(LOG_IN, password=f"{PASSWORD}!"),
        replace(LOG_IN, email=sought_email_address("bob@example.com")),
    ],
)
async def test_log_in_error_is_the_same_for_a_wrong_password_and_an_unknown_email(
    shop: Shop, log_in: LogInCommand
) -> None:
    await shop.sign_up(SIGN_UP)
    with pytest.raises(WrongCredentials) as refusal:
        await shop.log_in(log_in)
    assert refusal.value.detail == "The e-mail address or the password is wrong."


async def test_log_in_reports_a_disabled_account_only_if_the_password_is_right(shop: Shop) -> None:
    user = a_user(shop.ids, email="ann@example.com")
    user.status = UserStatus.DISABLED
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.users.add(user)
        await work.commit()
    with pytest.raises(AccountDisabled):
        await shop.log_in(LOG_IN)
    with pytest.raises(WrongCredentials):
        await shop.log_in(replace(LOG_IN, password="another password"))


async def test_authentication_fails_after_the_access_token_has_expired(shop: Shop) -> None:
    await shop.sign_up(SIGN_UP)
    token = (await shop.log_in(LOG_IN)).access
    shop.clock.advance(timedelta(seconds=token.expires_in - 1))
    await shop.authenticate(token.token)
    shop.clock.advance(timedelta(seconds=1))
    with pytest.raises(TokenExpired):
        await shop.authenticate(token.token)
    with pytest.raises(InvalidToken):
        await shop.authenticate("forged")


async def test_user_without_the_required_permission_is_rejected_as_forbidden(shop: Shop) -> None:
    await shop.sign_up(SIGN_UP)
    await shop.sign_up(replace(SIGN_UP, email=sought_email_address("bob@example.com"), role=Role.STAFF))
    ann, bob = [
        await principal_of(shop, replace(LOG_IN, email=sought_email_address(f"{n}@example.com")))
        for n in ("ann", "bob")
    ]
    bob.ensure_any({Permission.MANAGE_STOCK})
    with pytest.raises(Forbidden):
        ann.ensure_any({Permission.MANAGE_STOCK})


async def test_unknown_account_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await shop.get_user(UserId(shop.ids.new()))
