import os
from contextlib import nullcontext
from typing import Annotated

import typer


def serve(
    host: Annotated[
        str | None, typer.Option(help="Listen on this address instead of STEELYARD_HOST.", show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Listen on this port instead of STEELYARD_PORT.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes instead of STEELYARD_WORKERS.", show_default=False)
    ] = None,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Run a worker beside the service.")
    ] = True,
) -> None:
    """Migrate the database, and serve HTTP until Ctrl-C with a worker beside, see `worker`.

    Without STEELYARD_DATABASE_URL an embedded PostgreSQL runs beside the service, in STEELYARD_DATA_DIR.
    """
    from entrypoints.cli.address import Address
    from entrypoints.cli.announcement import announce_when_ready
    from entrypoints.cli.beside import worker_beside
    from entrypoints.cli.database import database, migrate
    from entrypoints.cli.server import serve_http
    from entrypoints.logging import configure_logging
    from entrypoints.settings import Settings

    _put_into_environment(host=host, port=port, workers=workers)
    settings = Settings.from_environment()
    configure_logging(settings.log_level)
    address = Address.resolved(settings.host, settings.port)
    address.ensure_free()
    typer.echo(f"Steelyard is starting on {address.url}")
    with database(settings) as url:
        migrate(url)
        _put_into_environment(database_url=url)
        announce_when_ready(address, settings)
        with worker_beside(address) if with_worker else nullcontext():
            serve_http(address, workers=settings.workers)
    typer.echo("Stopped.")


def _put_into_environment(**settings: object) -> None:
    """Set what is given by the names of its variables, where the workers find it."""
    os.environ.update(
        {f"STEELYARD_{name.upper()}": str(value) for name, value in settings.items() if value is not None}
    )
