"""Tuning of Python's garbage collector for processes with mostly long-lived objects."""

import gc


def collect_seldom() -> None:
    """Collect garbage about seventy times less often than by default.

    Most objects are long-lived. With the default, the collector takes a quarter of the time of importing the
    service.
    """
    gc.set_threshold(50_000, 20, 100)


def exempt_existing_objects() -> None:
    """Exempt existing objects from garbage collection, and collect later ones seldom.

    Otherwise collections that scan routes, schemas and modules would cause the slowest requests. The function
    does not collect garbage first, because that takes a tenth of a start, and the imports leave only about a
    hundred unreachable objects.
    """
    gc.freeze()
    collect_seldom()
    gc.enable()
