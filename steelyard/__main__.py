"""The command `steelyard` of the installed wheel.

The packages of the layers have common names, such as `domain` and `adapters`. Other packages in the environment can
have the same names. The wheel therefore contains the layers in a separate folder, which only this program searches.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_app"))

from entrypoints.__main__ import main  # the folder that was just added to sys.path contains `entrypoints`

if __name__ == "__main__":
    main()
