"""The command `steelyard` of the installed wheel.

The layers have common names, such as `domain` and `adapters`. The wheel contains them in a folder that only this
program searches, so that they neither hide other packages of the environment nor are hidden by them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_app"))

from entrypoints.__main__ import main  # the folder that was just added to sys.path contains `entrypoints`

if __name__ == "__main__":
    main()
