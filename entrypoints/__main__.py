"""The command line: `python -m entrypoints`."""

import sys

from entrypoints.gc_tuning import collect_seldom

collect_seldom()

if __name__ == "__main__":
    try:
        from entrypoints.cli.app import main

        main()
    except KeyboardInterrupt:  # Ctrl-C during the import of the command line
        sys.exit(130)
