"""Signing keys that the operator configures, in a file or in the environment."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from adapters.security.keys import name_of
from application.signing.ports import SigningKey, SigningKeys

_PEM = re.compile(rb"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class GivenSigningKeys(SigningKeys):
    """Concatenated PEM keys. The first key signs, and all keys verify.

    The keys are read again at each use.
    """

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read

    async def all(self) -> Sequence[SigningKey]:
        """Check and return the keys.

        Raises OSError if the keys cannot be read. Raises ValueError if a key is not an Ed25519 key in unencrypted
        PKCS #8.
        """
        pems = _PEM.findall(self._read())
        if not pems:
            raise ValueError("There is no signing key. Make one with `keys generate`.")
        return [
            SigningKey(name_of(pem, called=f"no. {number}"), pem, signs_from=_LONG_AGO)
            for number, pem in enumerate(pems, start=1)
        ]
