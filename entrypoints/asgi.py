"""The ASGI app of a serving process."""

import gc

from fastapi import FastAPI

from entrypoints.gc_tuning import collect_seldom
from entrypoints.http.app import create_app
from entrypoints.logging_config import configure_logging
from entrypoints.settings import Settings


def app() -> FastAPI:
    """Create the app from the settings of the environment.

    Existing objects are exempted from garbage collection. Otherwise collections that scan routes, schemas and
    modules would cause the slowest requests.
    """
    configure_logging()  # reading the settings can log warnings
    settings = Settings.from_environment()
    configure_logging(settings.read_log_levels())
    application = create_app(settings)
    gc.collect()
    gc.freeze()
    collect_seldom()
    return application
