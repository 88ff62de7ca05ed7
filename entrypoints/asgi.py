"""The ASGI app of a serving process."""

from fastapi import FastAPI

from entrypoints.gc_tuning import exempt_existing_objects
from entrypoints.http.app import create_app
from entrypoints.logging_config import configure_logging
from entrypoints.settings import Settings


def app() -> FastAPI:
    """Create the app with the settings from environment variables.

    After that, all existing objects are exempt from garbage collection.
    """
    configure_logging()  # configure logging first, because reading the settings can log warnings
    settings = Settings.from_environment()
    configure_logging(settings.read_log_levels())
    application = create_app(settings)
    exempt_existing_objects()
    return application
