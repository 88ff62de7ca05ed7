"""The tokens that a session hands out."""

from dataclasses import dataclass
from uuid import UUID

from application.signing.ports import AccessClaims, AccessToken
from application.users.principal import UserPrincipal
from domain.sessions.refresh_token import RefreshToken
from domain.sessions.session import Session
from domain.users.user import User

FIRST_PARTY_CLIENT = "steelyard"
"""The client that tokens name where people log in with their password: this shop's own pages."""


@dataclass(frozen=True, slots=True)
class SessionTokens:
    """What a client gets for logging in, and again for refreshing."""

    access: AccessToken
    refresh: RefreshToken


def claims_of(user: User, session: Session, token_id: UUID) -> AccessClaims:
    """Return what an access token of the session says of its bearer."""
    return AccessClaims(
        bearer=UserPrincipal(user.id, user.role, session.id),
        client_id=FIRST_PARTY_CLIENT,
        token_id=token_id,
    )
