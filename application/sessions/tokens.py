"""Tokens of sessions."""

from dataclasses import dataclass
from uuid import UUID

from application.signing.ports import AccessClaims, AccessToken
from application.users.principal import UserPrincipal
from domain.sessions.refresh_token import RefreshToken
from domain.sessions.session import Session
from domain.users.user import User

FIRST_PARTY_CLIENT = "steelyard"
"""The `client_id` of sessions that begin with a password.

The id stands for the shop's own web pages.
"""


@dataclass(frozen=True, slots=True)
class SessionTokens:
    """The tokens of a log-in or a refresh."""

    access: AccessToken
    refresh: RefreshToken


def claims_of(user: User, session: Session, token_id: UUID) -> AccessClaims:
    """Return the claims of an access token of the session."""
    return AccessClaims(
        bearer=UserPrincipal(user.id, user.role, session.id),
        client_id=FIRST_PARTY_CLIENT,
        token_id=token_id,
    )
