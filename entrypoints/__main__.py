"""The command line: `python -m entrypoints`."""

import sys

from entrypoints.gc_tuning import collect_seldom

collect_seldom()

if __name__ == "__main__":
    try:
        from entrypoints.cli.app import main

        main()
    except KeyboardInterrupt:  # while the command line is imported
        sys.exit(130)
