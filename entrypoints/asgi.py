"""The app as a server's worker process makes it."""

import gc

from fastapi import FastAPI

from entrypoints.http.app import create_app
from entrypoints.logging import configure_logging
from entrypoints.settings import Settings

GC_THRESHOLDS = (50_000, 20, 100)


def app() -> FastAPI:
    """Make the app from the environment, and spare the collector what lives as long as the process.

    Its pauses over routes, schemas and modules would be the slowest requests.
    """
    settings = Settings.from_environment()
    configure_logging(settings.log_level)
    application = create_app(settings)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return application
