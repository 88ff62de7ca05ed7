"""Lookup of breached passwords (NIST SP 800-63B-4, section 3.1.1.2)."""

from hashlib import sha256
from importlib.resources import files

from application.users.ports import BreachedPasswords
from domain.users.password import normalize_password

BUCKETS = 65_536
SUFFIX_LENGTH = 3
OFFSET_LENGTH = 4

_FILE = files("adapters.security").joinpath("breached_passwords.bin")


class ListedBreachedPasswords(BreachedPasswords):
    """A lookup of breached passwords. It ignores case.

    A breached password stays easy to guess if some letters are replaced by capital letters.

    `breached_passwords.bin` contains the first five bytes of the hash of each password. The first two bytes select a
    bucket. The bucket lists the other three bytes of each hash. The file begins with 65,537 offsets, which are the
    boundaries of the buckets. A lookup reads two offsets and a bucket of about 190 bytes, and caches nothing.

    About one in 270,000 passwords that are not listed is rejected too, because its hash begins with the same
    five bytes as a listed hash.

    `python -m tests.unit.security.pack_breached_passwords` writes the file.
    """

    def contains(self, password: str) -> bool:
        bucket, suffix = locate(password)
        with _FILE.open("rb") as file:
            file.seek(bucket * OFFSET_LENGTH)
            offsets = file.read(2 * OFFSET_LENGTH)
            begin, end = (int.from_bytes(offsets[i : i + OFFSET_LENGTH]) for i in (0, OFFSET_LENGTH))
            file.seek(begin)
            suffixes = file.read(end - begin)
        return any(suffixes.startswith(suffix, i) for i in range(0, len(suffixes), SUFFIX_LENGTH))


def locate(password: str) -> tuple[int, bytes]:
    """Return the bucket and the suffix that represent a password in the file."""
    folded = normalize_password(password).casefold()
    # A lone surrogate can be hashed only with `surrogatepass`. No listed password contains a lone surrogate.
    digest = sha256(folded.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:2]), digest[2 : 2 + SUFFIX_LENGTH]
