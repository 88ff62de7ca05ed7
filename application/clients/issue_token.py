from dataclasses import dataclass

from application.clients.authenticate_client import AuthenticateClient, ClientCredentials
from application.shared.ports import Clock, IdFactory
from application.signing.ports import AccessClaims, AccessToken, AccessTokens
from application.users.principal import ClientPrincipal
from domain.users.permissions import Scope


@dataclass(frozen=True, slots=True)
class ClientToken:
    """The access token of a service client.

    There is no refresh token (RFC 6749, section 4.4.3).
    """

    access: AccessToken
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class IssueToken:
    """Exchange a service client's secret for an access token of the client.

    The token has the requested scopes. If no scopes are requested, the token has all scopes of the client. There is
    no refresh token.
    """

    authenticate_client: AuthenticateClient
    tokens: AccessTokens
    clock: Clock
    ids: IdFactory

    async def __call__(self, credentials: ClientCredentials, *, scope: str) -> ClientToken:
        """Return the access token. Raises InvalidClient, TooManyAttempts, InvalidScope, Overloaded."""
        client, secret = await self.authenticate_client(credentials)
        scopes = client.granted(scope)
        shown = tuple(sorted(scopes))
        claims = AccessClaims(
            bearer=ClientPrincipal(client.id, secret.id, scopes),
            client_id=str(client.id),
            token_id=self.ids.new(),
            scope=shown,
        )
        return ClientToken(self.tokens.issue(claims, now=self.clock.now()), shown)
