"""Python's garbage collector, in a process of which most lives as long as it does."""

import gc


def collect_seldom() -> None:
    """Look for garbage a seventieth as often as usual: it is mostly what is there to stay that is looked through.

    While modules are imported that takes a quarter of the time.
    """
    gc.set_threshold(50_000, 20, 100)
