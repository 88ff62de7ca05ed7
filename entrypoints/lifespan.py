"""What is done before the first request and after the last."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial

import structlog

from application.mail.deliver_mail import DeliverMail
from entrypoints.bootstrap.root import Container
from entrypoints.repeating import repeating
from entrypoints.settings import WrongSettings

_log = structlog.get_logger(__name__)

CURSOR_SECRET = "list-cursors"  # noqa: S105 - the name of a secret, not a secret
CURSOR_SECRET_BYTES = 32

KEYS_ARE_READ_EVERY = timedelta(seconds=15)
"""Several times within the notice that a new key gives (application/signing/rotate_key.py)."""

REPLAYS_ARE_PRUNED_EVERY = timedelta(minutes=10)
ATTEMPTS_ARE_PRUNED_EVERY = timedelta(minutes=10)
AUDIT_LOG_IS_PRUNED_EVERY = timedelta(hours=1)
MAIL_IS_SENT_EVERY = timedelta(seconds=2)
MAIL_IS_PRUNED_EVERY = timedelta(hours=1)
SIGN_UPS_ARE_PRUNED_EVERY = timedelta(minutes=10)
CLOSED_ACCOUNTS_ARE_ERASED_EVERY = timedelta(hours=1)


@asynccontextmanager
async def running(container: Container) -> AsyncIterator[bytes]:
    """Load what all processes on one database share, yield the secret of cursors, and close everything afterwards.

    Orders that are being placed are finished before connections are closed. Raises WrongSettings.
    """
    async with AsyncExitStack() as stack:
        stack.push_async_callback(container.database.engine().dispose)
        stack.push_async_callback(container.security.rate_limiter().close)
        stack.callback(container.shutdown_resources)
        stack.push_async_callback(container.payments.outgoing_http().close)
        stack.push_async_callback(container.orders.order_batcher().drain)
        await _load_keys(container)
        secret = await container.database.secrets().get_or_create(CURSOR_SECRET, CURSOR_SECRET_BYTES)
        await stack.enter_async_context(
            repeating(container.signing.reload_keys(), name="reload keys", every=KEYS_ARE_READ_EVERY)
        )
        await stack.enter_async_context(
            repeating(
                container.retention.prune_idempotency_records(),
                name="prune replays",
                every=REPLAYS_ARE_PRUNED_EVERY,
            )
        )
        await stack.enter_async_context(
            repeating(
                container.retention.prune_attempts(), name="prune attempts", every=ATTEMPTS_ARE_PRUNED_EVERY
            )
        )
        await stack.enter_async_context(
            repeating(
                container.retention.prune_audit_log(), name="prune audit log", every=AUDIT_LOG_IS_PRUNED_EVERY
            )
        )
        await stack.enter_async_context(
            repeating(
                partial(_deliver_mail, container.mail.deliver_mail()),
                name="deliver mail",
                every=MAIL_IS_SENT_EVERY,
            )
        )
        await stack.enter_async_context(
            repeating(
                container.users.erase_closed_accounts(),
                name="erase closed accounts",
                every=CLOSED_ACCOUNTS_ARE_ERASED_EVERY,
            )
        )
        await stack.enter_async_context(
            repeating(
                container.retention.prune_sign_ups(), name="prune sign-ups", every=SIGN_UPS_ARE_PRUNED_EVERY
            )
        )
        await stack.enter_async_context(
            repeating(container.retention.prune_mail(), name="prune mail", every=MAIL_IS_PRUNED_EVERY)
        )
        yield secret


async def _deliver_mail(deliver_mail: DeliverMail) -> None:
    """Send the mail that is due, and log what was not sent, without addresses."""
    for failure in await deliver_mail():
        log = _log.error if failure.is_set_aside else _log.warning
        log(
            "mail was set aside" if failure.is_set_aside else "mail was not sent",
            kind=failure.request.kind.value,
            attempts=failure.request.attempts,
            error=None if failure.error is None else type(failure.error).__name__,
        )


async def _load_keys(container: Container) -> None:
    """Load the keys that sign and verify, and make the first one. Raises WrongSettings for bad ones that were given."""
    source = container.settings().source_of_signing_keys
    if source is None:
        first = container.signing.make_signing_key()(container.clock().now())
        await container.database.signing_key_store().add_first(first)
        await container.signing.reload_keys()()
        return
    try:
        await container.signing.reload_keys()()
    except (OSError, ValueError) as error:
        raise WrongSettings(f"{source} is wrong: {error}") from None
