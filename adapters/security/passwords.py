"""Password hashing with Argon2id (RFC 9106)."""

import os
from base64 import b64encode

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from adapters.security.bounded_executor import BoundedExecutor
from application.users.ports import PasswordHasher
from domain.users.password import MAX_RAW_LENGTH, normalize_password


class Argon2PasswordHasher(PasswordHasher):
    """A password hasher with its own thread pool. Argon2 releases the interpreter lock.

    The default costs are from OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, no parallelism. By default
    there is one worker per core. Hashing never takes more memory than `memory_kib` times `workers`.
    """

    def __init__(
        self,
        *,
        memory_kib: int = 19 * 1024,
        passes: int = 2,
        lanes: int = 1,
        workers: int | None = None,
        max_waiting: int = 32,
    ) -> None:
        self._argon2 = argon2.PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)
        self._hash_of_nobody = _hash_without_password(self._argon2)
        self._executor = BoundedExecutor(
            "argon2", workers=workers or os.cpu_count() or 1, max_waiting=max_waiting
        )

    async def hash(self, password: str) -> str:
        return await self._executor.run(self._argon2.hash, _secret(password))

    async def verify(self, password: str, hashed: str | None) -> bool:
        if hashed is None or len(password) > MAX_RAW_LENGTH:
            hashed = self._hash_of_nobody
        return await self._executor.run(self._matches, _secret(password[:MAX_RAW_LENGTH]), hashed)

    @property
    def pending(self) -> int:
        """The number of passwords that are being hashed or wait for a thread."""
        return self._executor.pending

    def needs_rehash(self, hashed: str) -> bool:
        try:
            return self._argon2.check_needs_rehash(hashed)
        except InvalidHashError:
            return True

    def close(self) -> None:
        """Finish running and queued calls, and end the threads."""
        self._executor.close()

    def _matches(self, secret: bytes, hashed: str) -> bool:
        try:
            return self._argon2.verify(hashed, secret)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False


def _secret(password: str) -> bytes:
    """Return the bytes to hash. Equivalent ways of typing a password give equal bytes.

    See NIST SP 800-63B-4, section 3.1.1.2. Lone surrogates, which a terminal can produce, are hashed as well.
    Raises ValueError for a password that is too long.
    """
    return normalize_password(password).encode("utf-8", "surrogatepass")


def _hash_without_password(hasher: argon2.PasswordHasher) -> str:
    """Return an encoded hash that matches no known password.

    Verifying a password against this hash takes as long as verifying a password against the hash of a user. Salt and
    digest are random, so creating this hash takes almost no time.
    """
    salt, digest = (
        b64encode(os.urandom(length)).decode().rstrip("=") for length in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"
