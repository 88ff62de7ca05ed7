"""A client of the library authlib knows only the issuer. The client discovers the endpoints, and uses every grant."""

import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from authlib.oauth2.rfc8414 import get_well_known_url
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet

from domain.users.permissions import Scope
from tests.kit.actors import SOMEBODY
from tests.kit.openapi import validate_response
from tests.kit.store import memory_store
from tests.kit.web import BASE_URL, PASSWORD, WebShop, container_over, web_shop

ANN = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}


@dataclass(frozen=True, slots=True)
class DiscoveredService:
    """The service, as discovered by a client that knows only the issuer."""

    web: WebShop
    metadata: dict[str, Any]

    def client(self, client_id: str, secret: str | None = None, **known: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            client_id,
            secret,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            revocation_endpoint_auth_method="none",
            token_endpoint=self.metadata["token_endpoint"],
            transport=httpx2.ASGITransport(app=self.web.app),
            event_hooks={"response": [validate_response]},
            base_url=BASE_URL,
            **known,
        )

    async def verified(self, token: str) -> dict[str, Any]:
        """Verify an access token with joserfc and the published keys. Return the claims of the token."""
        answer = await self.web.anonymous.get(self.metadata["jwks_uri"])
        with warnings.catch_warnings():
            # The library warns about the name EdDSA (RFC 9864), but EdDSA is the only name that all libraries
            # support.
            warnings.simplefilter("ignore", SecurityWarning)
            read = jwt.decode(token, KeySet.import_key_set(answer.json()), algorithms=["EdDSA"])
        rules = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.metadata["issuer"]},
            aud={"essential": True, "value": "steelyard"},
            exp={"essential": True},
        )
        rules.validate(read.claims)
        return read.claims


@pytest.fixture
async def service() -> AsyncIterator[DiscoveredService]:
    async with web_shop(container_over(memory_store(), token_issuer=BASE_URL)) as web:
        await web.anonymous.post("/v1/users", json=ANN)
        found = await web.anonymous.get(get_well_known_url(BASE_URL, external=True))
        yield DiscoveredService(web, found.json())


async def test_authlib_can_use_the_password_grant_and_the_refresh_token_grant(
    service: DiscoveredService,
) -> None:
    async with service.client("steelyard") as ann:
        await ann.fetch_token(grant_type="password", username="ann@example.com", password=PASSWORD)
        first = dict(ann.token)
        assert (await ann.get("/v1/me")).json()["email"] == "ann@example.com"
        assert (await service.verified(first["access_token"]))["role"] == "customer"

        await ann.refresh_token()

        assert ann.token["refresh_token"] != first["refresh_token"]
        assert (await ann.get("/v1/me")).status_code == 200


async def test_authlib_can_refresh_an_expired_access_token(service: DiscoveredService) -> None:
    async with service.client("steelyard") as ann:
        await ann.fetch_token(grant_type="password", username="ann@example.com", password=PASSWORD)
        former = ann.token["access_token"]
        ann.token["expires_at"] = 1
        assert (await ann.get("/v1/me")).status_code == 200
        assert ann.token["access_token"] != former


async def test_authlib_can_revoke_a_session(service: DiscoveredService) -> None:
    async with service.client("steelyard") as ann:
        await ann.fetch_token(grant_type="password", username="ann@example.com", password=PASSWORD)
        endpoint = service.metadata["revocation_endpoint"]
        revoked = await ann.revoke_token(endpoint, token=ann.token["refresh_token"])
        assert revoked.status_code == 200
        with pytest.raises(AuthlibBaseError, match="invalid_grant"):
            await ann.refresh_token()


async def test_authlib_can_use_the_client_credentials_grant(service: DiscoveredService) -> None:
    made = await service.web.container.clients.create_client()(
        "till", [Scope.READ_ORDERS, Scope.READ_EVENTS], actor=SOMEBODY
    )
    grant = {"grant_type": "client_credentials"}
    async with service.client(str(made.client_id), made.secret, **grant) as shop_client:
        await shop_client.fetch_token(grant_type="client_credentials", scope="orders:read")
        assert (await shop_client.get("/v1/orders")).status_code == 200
        assert (await shop_client.get("/v1/events")).status_code == 403
        assert "refresh_token" not in shop_client.token
        claims = await service.verified(shop_client.token["access_token"])
        assert claims["sub"] == claims["client_id"] == str(made.client_id)

        former = shop_client.token["access_token"]
        shop_client.token["expires_at"] = 1
        assert (await shop_client.get("/v1/orders")).status_code == 200
        assert shop_client.token["access_token"] != former, "the client has asked again by itself"


async def test_authlib_parses_oauth_errors(service: DiscoveredService) -> None:
    made = await service.web.container.clients.create_client()("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    async with (
        service.client("steelyard") as ann,
        service.client(str(made.client_id), "wrong") as guess,
        service.client(str(made.client_id), made.secret) as shop_client,
    ):
        refused = (
            (ann, {"grant_type": "password", "username": "ann@example.com", "password": "wrong"}),
            (guess, {"grant_type": "client_credentials"}),
            (shop_client, {"grant_type": "client_credentials", "scope": "stock:write"}),
            (shop_client, {"grant_type": "password", "username": "ann@example.com", "password": PASSWORD}),
        )
        errors = []
        for client, asked in refused:
            with pytest.raises(OAuthError) as refusal:
                await client.fetch_token(**asked)
            errors.append(refusal.value.error)
    assert errors == ["invalid_grant", "invalid_client", "invalid_scope", "unauthorized_client"]
