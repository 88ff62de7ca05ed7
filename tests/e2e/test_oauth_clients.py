"""OAuth clients of other projects log in over real connections.

These clients verify the tokens with the published keys.
"""

import warnings
from typing import Any

import httpx2
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet

from tests.e2e.serving import Service, create_admin, create_client, serving

EMAIL, PASSWORD = "boss@example.com", "a long password of the boss"


def test_access_tokens_obtained_with_authlib_can_be_verified_with_joserfc(database_url: str) -> None:
    with serving(database_url, with_worker=False, log_level="warning") as service:
        service.await_answer()
        create_admin(service, EMAIL, PASSWORD)
        metadata = httpx2.get(f"{service.address.url}/.well-known/oauth-authorization-server").json()
        endpoint = at(service, metadata["token_endpoint"])
        jwks_uri = at(service, metadata["jwks_uri"])

        with OAuth2Client("steelyard", token_endpoint_auth_method="none") as boss:
            boss.fetch_token(endpoint, grant_type="password", username=EMAIL, password=PASSWORD)
            assert verified(boss.token["access_token"], jwks_uri)["role"] == "admin"
            boss.refresh_token(endpoint)
            assert boss.get(f"{service.address.url}/v1/users").status_code == 200

        client_id, secret = create_client(service, "till", "orders:read")
        with OAuth2Client(client_id, secret) as till:
            till.fetch_token(endpoint, grant_type="client_credentials")
            claims = verified(till.token["access_token"], jwks_uri)
            assert (claims["sub"], claims["scope"]) == (client_id, "orders:read")
            assert till.get(f"{service.address.url}/v1/orders").status_code == 200
            assert till.get(f"{service.address.url}/v1/users").status_code == 403


def at(service: Service, address: str) -> str:
    """In a URL of the metadata, replace the URL of the default issuer with the URL of this service."""
    return address.replace("http://127.0.0.1:8000", service.address.url)


def verified(token: str, jwks_uri: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(httpx2.get(jwks_uri).json())
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", SecurityWarning
        )  # the library warns about EdDSA, but no other name is supported by all libraries
        read = jwt.decode(token, keys, algorithms=["EdDSA"])
    jwt.JWTClaimsRegistry(exp={"essential": True}, aud={"essential": True, "value": "steelyard"}).validate(
        read.claims
    )
    return read.claims
