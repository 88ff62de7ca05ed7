"""Find the user by the access token: `Depends(get_current_user)`, as in FastAPI's tutorial."""

import json
import os
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer

from benchmarks.peers.tutorial.problems import Problem

_KEYS = {key["kid"]: jwt.PyJWK(key).key for key in json.loads(os.environ["JWKS"])["keys"]}
_bearer = OAuth2PasswordBearer(tokenUrl="/token", auto_error=False)


@dataclass(frozen=True)
class User:
    id: UUID
    role: str


def get_visitor(token: Annotated[str | None, Depends(_bearer)]) -> User | None:
    if token is None:
        return None
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(
            token,
            _KEYS[header["kid"]],
            ["EdDSA"],
            audience=os.environ["TOKEN_AUDIENCE"],
            issuer=os.environ["TOKEN_ISSUER"],
            options={"require": ["exp", "sub"]},
        )
    except (jwt.PyJWTError, KeyError):
        raise Problem(401, "invalid_token") from None
    if header.get("typ") != "at+jwt":
        raise Problem(401, "invalid_token")
    return User(UUID(claims["sub"]), claims["role"])


def get_current_user(visitor: Annotated[User | None, Depends(get_visitor)]) -> User:
    if visitor is None:
        raise Problem(401, "authentication_required")
    return visitor


Visitor = Annotated[User | None, Depends(get_visitor)]
CurrentUser = Annotated[User, Depends(get_current_user)]
