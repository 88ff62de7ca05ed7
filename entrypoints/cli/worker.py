import os
import signal
from typing import Annotated

import typer


def worker(
    until_stdin_closes: Annotated[
        bool,
        typer.Option("--until-stdin-closes", "--beside", hidden=True, help="Stop when standard input ends."),
    ] = False,
) -> None:
    """Run the background jobs until Ctrl-C: expire orders, settle payments, publish events.

    `serve` starts one worker itself. Any number of workers can run, on any machine that reaches the database. If
    `serve` did not start the worker, the worker answers /metrics, /livez and /readyz on STEELYARD_METRICS_PORT.
    """
    import asyncio
    from contextlib import ExitStack

    from entrypoints.bootstrap.root import Container
    from entrypoints.cli.address import Address
    from entrypoints.cli.shop import in_shop
    from entrypoints.cli.signals import stop_requested
    from entrypoints.cli.systemd import notify_ready
    from entrypoints.logging_config import configure_logging
    from entrypoints.metrics.server import metrics_app, operations_server, shared_directory
    from entrypoints.reloading import reloader
    from entrypoints.settings import Settings
    from entrypoints.worker import work
    from entrypoints.worker_health import health_apps

    configure_logging()  # configure logging first, because reading the settings can log warnings
    settings = Settings.from_environment()
    configure_logging(settings.read_log_levels())

    async def work_until_stopped(container: Container) -> None:
        loop = asyncio.get_running_loop()
        with ExitStack() as working:
            stop = working.enter_context(stop_requested(loop, when_stdin_closes=until_stdin_closes))
            loop.add_signal_handler(signal.SIGHUP, reloader(container))
            # Without a handler, SIGHUP would end the worker, so `serve` starts it with SIGHUP blocked.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
            if metrics_dir is not None:
                ip = Address.resolved(settings.host, settings.metrics_port).ip
                apps = {
                    "/metrics": metrics_app(metrics_dir),
                    **health_apps(container.job_health(), is_stopping=stop.is_set),
                }
                working.enter_context(operations_server(ip, settings.metrics_port, apps))
                typer.echo("The worker is running.")
                notify_ready()
            await work(container, until=stop)

    metrics_dir = None
    with ExitStack() as running:
        if not until_stdin_closes:  # the metrics of a worker that `serve` starts are served by `serve`
            metrics_dir = running.enter_context(shared_directory(settings.metrics_dir))
            os.environ["STEELYARD_METRICS_DIR"] = str(metrics_dir)
        in_shop(work_until_stopped)
    if not until_stdin_closes:
        typer.echo("Stopped.")
