"""Service clients in the OpenAPI document: the grant of clients, and the scopes of operations."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

from domain.users.permissions import SCOPES, Permission, Scope

_Function = TypeVar("_Function", bound=Callable[..., Any])

SCHEME = "client_credentials"
_SCOPES: dict[Callable[..., Any], Sequence[Scope]] = {}

CLIENT_CREDENTIALS = {
    "type": "oauth2",
    "description": "For programs: log in with the client's id and secret, which the command `clients create` makes.",
    "flows": {
        "clientCredentials": {
            "tokenUrl": "/token",
            "scopes": {
                scope.value: ", ".join(sorted(permission.replace("_", " ") for permission in permissions))
                for scope, permissions in SCOPES.items()
            },
        }
    },
}
"""The security scheme of service clients (OpenAPI 3.1, section 4.8.27).

Users have the security scheme of the password form.
"""


def open_to_clients(permissions: AbstractSet[Permission]) -> Callable[[_Function], _Function]:
    """Declare that a dependency accepts clients with a scope that grants a permission."""

    def mark(dependency: _Function) -> _Function:
        _SCOPES[dependency] = tuple(scope for scope in Scope if not SCOPES[scope].isdisjoint(permissions))
        return dependency

    return mark


def security_of_dependency(dependency: Callable[..., Any] | None) -> Iterator[dict[str, list[str]]]:
    """Yield the security requirements that the dependency declares for service clients."""
    for scope in _SCOPES.get(dependency, ()) if dependency else ():
        yield {SCHEME: [scope.value]}
