"""The service finds the bearer token in the Authorization header by the same rules as FastAPI."""

import pytest
from fastapi import Request
from fastapi.security import OAuth2PasswordBearer

from entrypoints.http.security.authentication import bearer_token

AUTHORIZATION = [
    (),
    ("",),
    ("Bearer",),
    ("Bearer ",),
    ("Bearer token",),
    ("bearer  token ",),
    ("BEARER to ken",),
    ("Bearertoken",),
    ("Basic token",),
    (" Bearer token",),
    ("Bearer t\xf6ken",),
    ("Bearer first", "Bearer second"),
    ("Basic first", "Bearer second"),
]


@pytest.mark.parametrize("values", AUTHORIZATION)
async def test_service_and_fastapi_read_the_same_bearer_token_from_a_request(
    values: tuple[str, ...],
) -> None:
    headers = [(b"host", b"shop"), *((b"authorization", value.encode("latin-1")) for value in values)]
    request = Request({"type": "http", "headers": headers})
    assert bearer_token.resolve(request) == await OAuth2PasswordBearer.__call__(bearer_token, request)
