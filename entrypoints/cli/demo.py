from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from entrypoints.cli.failures import CommandFailed

if TYPE_CHECKING:
    from entrypoints.bootstrap.root import Container


def demo(
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also save the output as an SVG picture.")
    ] = None,
    orders: Annotated[
        int | None, typer.Option(min=1, help="Place only the first orders.", show_default="all 830")
    ] = None,
) -> None:
    """Run the Northwind demo: 77 products, and 830 orders that are placed over HTTP.

    The demo pays some of the orders. It also ships, cancels, returns and refunds units, and finally checks every
    amount. The orders are sent to the service at STEELYARD_HOST and STEELYARD_PORT. If no service answers there, the
    demo starts a service. A second run changes nothing. If you want to remove the demo's data later, set
    STEELYARD_DATA_DIR to a separate folder before the first run. Delete this folder later.
    """
    from entrypoints.cli.address import Address
    from entrypoints.cli.shop import in_shop
    from entrypoints.settings import Settings

    if find_spec("examples") is None:
        raise CommandFailed(
            "The demo is not installed here. Run it in a checkout of the repository: make demo."
        )
    from examples.northwind.data import load_northwind
    from examples.northwind.failures import DemoFailed
    from examples.northwind.picture import recording_console, save_picture
    from examples.northwind.run import run_demo
    from examples.northwind.service import service_at

    settings = Settings.from_environment()
    address = Address.resolved(settings.host, settings.port)
    northwind = load_northwind()
    if orders is not None:
        northwind = northwind.first(orders)
    console = recording_console() if picture else Console(highlight=False)

    async def run(container: "Container") -> list[str]:
        return await run_demo(container, address.url, console, northwind)

    try:
        with service_at(address) as is_started:
            origin = "started for this demo" if is_started else "already running"
            console.print(f"Service: {origin}, at {address.url}.")
            differences = in_shop(run)
    except DemoFailed as error:
        raise CommandFailed(str(error)) from None
    if differences:
        raise CommandFailed("The shop differs from the files:", differences)
    console.print("[green]Every order, every cent and every unit is accounted for.[/green]")
    if picture:
        save_picture(console, picture, title="make demo")
