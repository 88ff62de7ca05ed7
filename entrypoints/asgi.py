"""The app as a server's worker process makes it."""

import gc

from fastapi import FastAPI

from entrypoints.gc_tuning import collect_seldom
from entrypoints.http.app import create_app
from entrypoints.logging_config import configure_logging
from entrypoints.settings import Settings


def app() -> FastAPI:
    """Make the app from the environment, and spare the collector what lives as long as the process.

    Its pauses over routes, schemas and modules would be the slowest requests.
    """
    settings = Settings.from_environment()
    configure_logging(settings.log_level)
    application = create_app(settings)
    gc.collect()
    gc.freeze()
    collect_seldom()
    return application
