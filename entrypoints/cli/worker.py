from typing import Annotated

import typer


def worker(
    beside: Annotated[
        bool, typer.Option("--beside", hidden=True, help="End when standard input does.")
    ] = False,
) -> None:
    """Do the shop's own work until Ctrl-C: expire orders, settle payments, carry events on.

    `serve` starts one worker by itself. Any number of them may run, on any machine that reaches the database.
    """
    import asyncio

    from entrypoints.bootstrap.root import Container
    from entrypoints.cli.shop import in_shop
    from entrypoints.cli.signals import asked_to_stop
    from entrypoints.logging_config import configure_logging
    from entrypoints.settings import Settings
    from entrypoints.worker import work

    configure_logging(Settings.from_environment().log_level)

    async def until_asked_to_stop(container: Container) -> None:
        with asked_to_stop(asyncio.get_running_loop(), with_standard_input=beside) as stop:
            if not beside:
                typer.echo("The worker is at work.")
            await work(container, until=stop)

    in_shop(until_asked_to_stop)
    if not beside:
        typer.echo("Stopped.")
