import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from entrypoints.cli.worker_process import WorkerProcess


def serve(
    host: Annotated[
        str | None, typer.Option(help="Listen on this address instead of STEELYARD_HOST.", show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Listen on this port instead of STEELYARD_PORT.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Run this many serving processes instead of STEELYARD_WORKERS.", show_default=False
        ),
    ] = None,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Also run a worker process for background jobs.")
    ] = True,
) -> None:
    """Migrate the database, serve HTTP, and run a worker (see `worker`) until Ctrl-C.

    Without STEELYARD_DATABASE_URL the command starts an embedded PostgreSQL, with its data in STEELYARD_DATA_DIR.
    """
    from entrypoints.cli.address import Address
    from entrypoints.cli.server import serve_http
    from entrypoints.logging_config import configure_logging
    from entrypoints.reloading import reload_log_levels
    from entrypoints.settings import Settings

    os.environ.update(_variables(host=host, port=port, workers=workers))
    configure_logging()  # configure logging first, because reading the settings can log warnings
    settings = Settings.from_environment()
    configure_logging(settings.read_log_levels())
    address = Address.resolved(settings.host, settings.port)
    address.ensure_free()
    typer.echo(f"Steelyard is starting on {address.url}")
    worker: WorkerProcess | None = None

    def reload() -> None:
        reload_log_levels(settings)
        if worker is not None:
            worker.reload()

    with ExitStack() as running:

        def prepare() -> Mapping[str, str]:
            nonlocal worker
            # Imported after the serving processes are started, because earlier imports would delay their
            # start.
            from entrypoints.cli.announcement import announce_when_ready
            from entrypoints.cli.database import database, migrate
            from entrypoints.cli.worker_process import worker_process
            from entrypoints.metrics.server import metrics_app, operations_server, shared_directory

            metrics_dir = running.enter_context(shared_directory(settings.metrics_dir))
            apps = {"/metrics": metrics_app(metrics_dir)}
            running.enter_context(operations_server(address.ip, settings.metrics_port, apps))
            url = running.enter_context(database(settings))
            migrate(url, settings)
            variables = _variables(database_url=url, metrics_dir=metrics_dir)
            os.environ.update(variables)
            announce_when_ready(address, settings)
            if with_worker:
                worker = running.enter_context(worker_process(address))
            return variables

        serve_http(
            address,
            workers=settings.workers,
            drain_delay=settings.drain_delay,
            prepare=prepare,
            reload=reload,
            unread_response_timeout=settings.unread_response_timeout,
        )
    typer.echo("Stopped.")


def _variables(**settings: object) -> dict[str, str]:
    """Return the environment variables for the options that the user has given."""
    return {f"STEELYARD_{name.upper()}": str(value) for name, value in settings.items() if value is not None}
