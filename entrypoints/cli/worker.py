from typing import Annotated

import typer


def worker(
    until_stdin_closes: Annotated[
        bool,
        typer.Option("--until-stdin-closes", "--beside", hidden=True, help="Stop when standard input ends."),
    ] = False,
) -> None:
    """Run the background jobs until Ctrl-C: expire orders, settle payments, publish events.

    `serve` starts one worker itself. Any number of workers can run, on any machine that reaches the database.
    """
    import asyncio

    from entrypoints.bootstrap.root import Container
    from entrypoints.cli.shop import in_shop
    from entrypoints.cli.signals import stop_requested
    from entrypoints.logging_config import configure_logging
    from entrypoints.settings import Settings
    from entrypoints.worker import work

    configure_logging(Settings.from_environment().log_level)

    async def work_until_stopped(container: Container) -> None:
        loop = asyncio.get_running_loop()
        with stop_requested(loop, when_stdin_closes=until_stdin_closes) as stop:
            if not until_stdin_closes:
                typer.echo("The worker is running.")
            await work(container, until=stop)

    in_shop(work_until_stopped)
    if not until_stdin_closes:
        typer.echo("Stopped.")
