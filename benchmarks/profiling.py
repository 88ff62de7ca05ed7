"""A flame graph of the service under one workload, drawn by py-spy."""

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.contenders import BUILD, steelyard
from benchmarks.database import server
from benchmarks.load import Measurement, Workload, put_under_load
from benchmarks.shop import Size, open_shop

SAMPLES_PER_SECOND = 250
WARM_UP_SECONDS = 2


class CannotProfile(Exception):
    """py-spy is not permitted to read the memory of other processes. The message comes from py-spy."""


def profile(workload: Workload, *, seconds: int) -> tuple[Path, Measurement]:
    """Put the service under load. Return the flame graph and the results of the load.

    The graph shows only the time in which a thread held the interpreter lock. This lock limits the throughput of a
    process. Raises CannotProfile.
    """
    picture = Path(".artefacts") / f"profile-{workload.name}.svg"
    picture.parent.mkdir(exist_ok=True)
    py_spy = shutil.which("py-spy", path=Path(sys.executable).parent)
    if py_spy is None:
        raise CannotProfile("py-spy is not in the environment: make clean, and again.")
    with server() as postgres:
        shop = open_shop(postgres, Size())
        data = (BUILD / "data").resolve()
        shop.write_to(data)
        with (
            postgres.copy(shop.template) as database,
            steelyard().running(postgres, database, shop) as running,
        ):
            put_under_load(running.url, workload, data, seconds=WARM_UP_SECONDS)
            command = [
                py_spy,
                "record",
                "--subprocesses",
                "--gil",
                f"--pid={running.pid}",
                f"--duration={seconds}",
                f"--rate={SAMPLES_PER_SECOND}",
                f"--output={picture}",
            ]
            recording = subprocess.Popen(  # noqa: S603 - the arguments are constants
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
            measured = put_under_load(running.url, workload, data, seconds=seconds)
            _, complaint = recording.communicate(timeout=60)
    if recording.returncode:
        raise CannotProfile(complaint.strip().splitlines()[-1] if complaint.strip() else "py-spy failed")
    return picture, measured
