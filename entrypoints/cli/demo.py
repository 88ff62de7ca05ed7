from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from entrypoints.cli.failures import CommandFailed

if TYPE_CHECKING:
    from entrypoints.bootstrap.root import Container


def demo(
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the output into an SVG file as well.")
    ] = None,
) -> None:
    """Import the Northwind shop, place its 830 orders over HTTP, pay, ship and refund some, reconcile every cent.

    It uses the service that answers at STEELYARD_HOST and STEELYARD_PORT, or starts one meanwhile. Running it again
    changes nothing.
    """
    from entrypoints.cli.address import Address
    from entrypoints.cli.shop import in_shop
    from entrypoints.settings import Settings
    from examples.northwind.failures import DemoFailed
    from examples.northwind.picture import recording_console, save_picture
    from examples.northwind.run import run_demo
    from examples.northwind.service import service_at

    settings = Settings.from_environment()
    address = Address.resolved(settings.host, settings.port)
    console = recording_console() if picture else Console(highlight=False)

    async def run(container: "Container") -> list[str]:
        return await run_demo(container, address.url, console)

    try:
        with service_at(address) as started:
            console.print(
                f"Service: {'started for this demo' if started else 'the one that runs'} at {address.url}."
            )
            differences = in_shop(run)
    except DemoFailed as error:
        raise CommandFailed(str(error)) from None
    if differences:
        raise CommandFailed("The shop does not agree with the files:", differences)
    console.print("[green]Every order, every cent and every unit is accounted for.[/green]")
    if picture:
        save_picture(console, picture, title="make demo")
