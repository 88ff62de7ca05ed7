"""Access tokens: JSON Web Tokens as RFC 9068 specifies.

They are signed with Ed25519, and verified as RFC 8725 requires.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, Discriminator, Field, Tag, TypeAdapter

from adapters.security.keys import JsonWebKey, KeyRing
from application.signing.ports import (
    AccessClaims,
    AccessToken,
    AccessTokens,
    InvalidToken,
    SigningKey,
    TokenExpired,
    UnknownSigningKey,
)
from application.users.principal import ClientPrincipal, Principal, UserPrincipal
from domain.shared.ids import ClientId, SecretId, SessionId, UserId
from domain.users.permissions import Role, Scope

ALGORITHM = "EdDSA"
TYPE = "at+jwt"
MAX_LENGTH = 8 * 1024
"""The maximum length of a parsed token. The service's own tokens have about 550 characters."""

MAX_LEEWAY = timedelta(seconds=30)

_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{86}", re.ASCII)
"""The compact form (RFC 7515, section 7.1), with a signature of 64 bytes."""

Seconds = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
"""Whole seconds since 1970: a NumericDate (RFC 7519, section 2)."""


Scopes = Annotated[str, Field(pattern=r"^[!#-\[\]-~ ]*$")]
"""Names separated by spaces (RFC 6749, section 3.3)."""


class _Payload(BaseModel):
    """The claims of every token, besides `iss` and `aud`."""

    sub: UUID
    client_id: str = Field(min_length=1)
    scope: Scopes
    jti: UUID
    iat: Seconds
    exp: Seconds
    nbf: Seconds = 0


class _UserPayload(_Payload):
    role: Role
    sid: UUID

    def bearer(self) -> UserPrincipal:
        return UserPrincipal(UserId(self.sub), self.role, SessionId(self.sid))


class _ClientPayload(_Payload):
    """The claims of a service client. The client is the subject (RFC 9068, section 2.2).

    `secret_id` identifies the secret, and is not the secret itself.
    """

    secret_id: UUID

    def bearer(self) -> ClientPrincipal:
        """Parse the claims.

        Raises ValueError for a subject other than the client, and for an unknown scope.
        """
        if self.client_id != str(self.sub):
            raise ValueError
        return ClientPrincipal(
            ClientId(self.sub), SecretId(self.secret_id), frozenset(map(Scope, self.scope.split()))
        )


_PAYLOAD: TypeAdapter[_UserPayload | _ClientPayload] = TypeAdapter(
    Annotated[
        Annotated[_UserPayload, Tag("user")] | Annotated[_ClientPayload, Tag("client")],
        Discriminator(lambda payload: "client" if "secret_id" in payload else "user"),
    ]
)


@dataclass(frozen=True, slots=True)
class SignedClaims:
    """Verified claims with the beginning and the end of their validity.

    Both times are in seconds since 1970 and include the leeway.
    """

    claims: AccessClaims
    valid_from: float
    valid_until: float

    def at(self, now: datetime) -> AccessClaims:
        """Return the claims if they are valid at `now`.

        Raises InvalidToken if the claims are not valid yet. Raises TokenExpired if they have expired.
        """
        seconds = now.timestamp()
        if seconds < self.valid_from:
            raise InvalidToken
        if seconds >= self.valid_until:
            raise TokenExpired
        return self.claims


class Ed25519AccessTokens(AccessTokens):
    """An issuer and verifier of access tokens. It uses the keys that the last call of `use` set.

    Before the first call of `use`, every token is rejected and no token can be signed.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        lifetime: timedelta = timedelta(minutes=10),
        leeway: timedelta = timedelta(0),
    ) -> None:
        """Create an issuer and verifier.

        The leeway allows for clock differences between machines. Raises ValueError for a leeway above `MAX_LEEWAY`.
        """
        if not timedelta(0) <= leeway <= MAX_LEEWAY:
            raise ValueError(f"The leeway must lie between 0 and {MAX_LEEWAY.seconds} seconds.")
        self._issuer = issuer
        self._audience = audience
        self._lifetime = int(lifetime.total_seconds())
        self._leeway = leeway.total_seconds()
        self._keys = KeyRing([])

    def use(self, keys: Sequence[SigningKey]) -> None:
        self._keys = KeyRing(keys)

    def issue(self, claims: AccessClaims, *, now: datetime) -> AccessToken:
        pair = self._keys.signing_pair(now)
        issued_at = int(now.timestamp())
        payload = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(claims.bearer.id),
            "client_id": claims.client_id,
            "scope": " ".join(claims.scope),
            **_bearer_claims(claims.bearer),
            "iat": issued_at,
            "exp": issued_at + self._lifetime,
            "jti": str(claims.token_id),
        }
        token = jwt.encode(payload, pair.private, ALGORITHM, headers={"typ": TYPE, "kid": pair.key.kid})
        return AccessToken(token, self._lifetime)

    def verify(self, token: str, *, now: datetime) -> AccessClaims:
        return self.read(token).at(now)

    def read(self, token: str) -> SignedClaims:
        """Return the token's claims, even if they are not valid yet or have expired.

        Raises InvalidToken or UnknownSigningKey. The error does not contain the reason.
        """
        if len(token) > MAX_LENGTH or not _COMPACT.fullmatch(token):
            raise InvalidToken
        try:
            pair = self._keys.verifying_pair(jwt.get_unverified_header(token).get("kid", ""))
            if pair is None:
                raise UnknownSigningKey
            payload = _PAYLOAD.validate_python(self._signed_payload(token, pair.public))
            bearer = payload.bearer()
        except (jwt.PyJWTError, ValueError):
            raise InvalidToken from None
        return SignedClaims(
            AccessClaims(
                bearer=bearer,
                client_id=payload.client_id,
                token_id=payload.jti,
                scope=tuple(payload.scope.split()),
            ),
            valid_from=max(payload.iat, payload.nbf) - self._leeway,
            valid_until=min(payload.exp + self._leeway, _seconds(pair.key.verifies_until)),
        )

    def public_keys(self, *, now: datetime) -> Mapping[str, Sequence[JsonWebKey]]:
        return {"keys": self._keys.json_web_keys(now)}

    def _signed_payload(self, token: str, public: Ed25519PublicKey) -> object:
        """Return the payload if the header, signature, issuer and audience are valid.

        This method does not check times, because PyJWT would use the system clock. `SignedClaims.at` checks times.
        Raises PyJWTError.
        """
        signed = jwt.decode_complete(
            token,
            public,
            [ALGORITHM],
            audience=self._audience,
            issuer=self._issuer,
            options={
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        if not _is_access_token(signed["header"].get("typ")):
            raise jwt.InvalidTokenError
        return signed["payload"]


def _bearer_claims(bearer: Principal) -> dict[str, str]:
    """Return the claims that only this kind of bearer has."""
    match bearer:
        case UserPrincipal(_, role, session_id):
            return {"role": role.value, "sid": str(session_id)}
        case ClientPrincipal(_, secret_id):
            return {"secret_id": str(secret_id)}
    raise TypeError(type(bearer).__name__)


def _seconds(moment: datetime | None) -> float:
    return math.inf if moment is None else moment.timestamp()


def _is_access_token(typ: object) -> bool:
    """Return whether `typ` is `at+jwt` (RFC 9068, section 4).

    Case is ignored, and the prefix `application/` is optional.
    """
    return isinstance(typ, str) and typ.lower().removeprefix("application/") == TYPE
