"""The command line: `python -m entrypoints`, or `steelyard` if the wheel is installed."""

import os
import signal
import sys

from entrypoints.gc_tuning import collect_seldom

collect_seldom()


def main() -> None:
    """Run the command that is named in the arguments of this process."""
    if os.getpid() == 1:
        # In a Docker container, the id of this process can be 1. If a process with id 1 has no handler for SIGTERM,
        # the kernel ignores the signal.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        from entrypoints.cli.app import main as run  # noqa: PLC0415 - imported here, so that Ctrl-C during the import is caught

        run()
    except KeyboardInterrupt:  # Ctrl-C was pressed during the import
        sys.exit(130)


if __name__ == "__main__":
    main()
