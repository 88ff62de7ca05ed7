"""The app as a server's worker process makes it."""

import gc

from fastapi import FastAPI

from entrypoints.http.app import create_app
from entrypoints.settings import Settings

GC_THRESHOLDS = (50_000, 20, 100)


def app() -> FastAPI:
    """Make the app from the environment, and spare the collector what lives as long as the process.

    Its pauses over routes, schemas and modules would be the slowest requests.
    """
    application = create_app(Settings.from_environment())
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return application
