"""Startup, shutdown and periodic jobs of a process of the service."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.replica import ReplicaReader
from application.mail.deliver_mail import DeliverMail
from entrypoints.bootstrap.root import Container
from entrypoints.metrics.sampling import SAMPLE_EVERY, GaugeSampler
from entrypoints.repeating import repeating
from entrypoints.setting_names import WrongSettings

_log = structlog.get_logger(__name__)

CURSOR_SECRET = "list-cursors"  # noqa: S105 - this is the name of a secret, not the secret
CURSOR_SECRET_BYTES = 32

RELOAD_KEYS_EVERY = timedelta(seconds=15)
"""The interval at which signing keys are reloaded.

The signing keys are reloaded several times in the minute before a new key signs (rotate_key.py).
"""

SEND_MAIL_EVERY = timedelta(seconds=2)
PRUNE_EVERY = timedelta(minutes=10)
PRUNE_LONG_LIVED_EVERY = timedelta(hours=1)
"""The interval at which long-lived records are pruned. Such records are stored for days or longer."""


@asynccontextmanager
async def running(container: Container) -> AsyncIterator[bytes]:
    """Load the signing keys, run the periodic jobs, and close everything at the end.

    Yields the cursor secret. At the end, queued orders are placed before the connections are closed. Raises
    WrongSettings.
    """
    async with AsyncExitStack() as stack:
        stack.callback(container.metrics().close)
        tracing = container.tracing()
        stack.push_async_callback(tracing.close)
        tracing.watch_engines(_engines(container))
        stack.push_async_callback(container.database.engine().dispose)
        stack.push_async_callback(container.database.public_read_engine().dispose)
        stack.push_async_callback(container.database.catalog_reader().close)
        stack.push_async_callback(container.database.list_reader().close)
        stack.push_async_callback(container.security.rate_limiter().close)
        stack.callback(container.shutdown_resources)
        stack.push_async_callback(container.payments.outgoing_http().close)
        stack.push_async_callback(container.orders.order_lanes().drain)
        stack.push_async_callback(container.orders.order_batcher().drain)
        await _check_stored_secrets(container)
        await _load_keys(container)
        secret = await container.database.secrets().get_or_create(CURSOR_SECRET, CURSOR_SECRET_BYTES)
        for name, work, every in _periodic_jobs(container):
            await stack.enter_async_context(
                repeating(work, name=name, every=every, health=container.job_health())
            )
        yield secret


def _engines(container: Container) -> Iterator[AsyncEngine]:
    """Yield the engine of the primary, and the engine of the replica if there is a replica."""
    database = container.database
    yield database.engine()
    yield database.public_read_engine()
    for reader in (database.catalog_reader(), database.list_reader()):
        if isinstance(reader, ReplicaReader):
            yield reader.replica


def _periodic_jobs(container: Container) -> Sequence[tuple[str, Callable[[], Awaitable[None]], timedelta]]:
    """Return each job with its name, function and interval."""
    retention = container.retention
    deliver_mail = partial(_deliver_mail, container.mail.deliver_mail())
    jobs: list[tuple[str, Callable[[], Awaitable[None]], timedelta]] = [
        ("sample gauges", GaugeSampler(container), SAMPLE_EVERY),
        ("reload keys", container.signing.reload_keys(), RELOAD_KEYS_EVERY),
        ("refresh search index", container.catalog.refresh_search_index(), PRUNE_EVERY),
        ("deliver mail", deliver_mail, SEND_MAIL_EVERY),
        ("prune idempotency records", retention.prune_idempotency_records(), PRUNE_EVERY),
        ("prune attempts", retention.prune_attempts(), PRUNE_EVERY),
        ("prune sign-ups", retention.prune_sign_ups(), PRUNE_EVERY),
        ("prune expired orders", retention.prune_expired_orders(), PRUNE_LONG_LIVED_EVERY),
        ("prune audit log", retention.prune_audit_log(), PRUNE_LONG_LIVED_EVERY),
        ("prune old records", retention.prune_old_records(), PRUNE_LONG_LIVED_EVERY),
        ("prune mail", retention.prune_mail(), PRUNE_LONG_LIVED_EVERY),
        ("erase closed accounts", container.users.erase_closed_accounts(), PRUNE_LONG_LIVED_EVERY),
    ]
    if container.settings().event_retention is not None:
        jobs.append(("prune events", retention.prune_events(), PRUNE_LONG_LIVED_EVERY))
    if container.settings().ledger_retention is not None:
        jobs.append(("archive the ledger", retention.archive_ledger(), PRUNE_LONG_LIVED_EVERY))
    return jobs


async def _deliver_mail(deliver_mail: DeliverMail) -> None:
    """Send due mail, and log failures. The log lines contain no e-mail addresses."""
    for failure in await deliver_mail():
        log = _log.error if failure.is_set_aside else _log.warning
        log(
            "mail was set aside" if failure.is_set_aside else "mail was not sent",
            kind=failure.request.kind.value,
            attempts=failure.request.attempts,
            error=None if failure.error is None else type(failure.error).__name__,
        )


async def _check_stored_secrets(container: Container) -> None:
    """Raise WrongSettings if the settings lack a required encryption key.

    If a stored secret is encrypted with a key, that key is required. If a new shop is not on a loopback address, at
    least one key is required.
    """
    settings, key_ids = container.settings(), container.security.secret_box().key_ids
    stored = await container.database.stored_secrets().count_by_key()
    if not stored and not key_ids and not settings.is_on_loopback:
        raise WrongSettings(
            "STEELYARD_SECRETS_KEY has to be set for a new database, because the shop is not on a loopback address "
            "(STEELYARD_TOKEN_ISSUER). Make a key with `secrets generate`."
        )
    for key_id in stored.keys() - set(key_ids) - {None}:
        raise WrongSettings(
            f"STEELYARD_SECRETS_KEY lacks the key {key_id}, with which {stored[key_id]} secrets in the database are "
            "encrypted."
        )


async def warn_about_clear_secrets(container: Container) -> None:
    """Log a warning if secrets are stored unencrypted.

    With a copy of such a database, anyone can forge access tokens.
    """
    if in_clear := (await container.database.stored_secrets().count_by_key()).get(None, 0):
        log = _log.info if container.settings().is_on_loopback else _log.warning
        log(
            "secrets are stored in clear: set STEELYARD_SECRETS_KEY and run `secrets encrypt`",
            number=in_clear,
        )


async def _load_keys(container: Container) -> None:
    """Load the signing keys, and create the first key if there is none.

    Raises WrongSettings for invalid configured keys.
    """
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
