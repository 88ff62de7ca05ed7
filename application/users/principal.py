"""The authenticated caller, as described by the access token: a user or a service client."""

from abc import ABC, abstractmethod
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from domain.shared.errors import Forbidden
from domain.shared.ids import ClientId, SecretId, SessionId, UserId
from domain.users.permissions import PERMISSIONS, Permission, Role, Scope, permissions_of


class InsufficientScope(Forbidden):
    """The scopes of a client's access token do not permit the operation (RFC 6750, section 3.1)."""

    def __init__(self) -> None:
        super().__init__("The scopes of this client's token do not permit this, or it is for people only.")


class Principal(ABC):
    """The authenticated caller."""

    __slots__ = ()

    @property
    @abstractmethod
    def id(self) -> UserId | ClientId: ...

    @property
    @abstractmethod
    def permissions(self) -> AbstractSet[Permission]: ...

    @abstractmethod
    def refusal(self) -> Forbidden:
        """Return the error for an action that the principal is not permitted to perform."""
        ...

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def ensure_any(self, permissions: AbstractSet[Permission]) -> None:
        """Raise Forbidden unless the principal has one of the permissions."""
        if self.permissions.isdisjoint(permissions):
            raise self.refusal()


@dataclass(frozen=True, slots=True)
class UserPrincipal(Principal):
    """A user with the role and the session from the access token."""

    user_id: UserId
    role: Role
    session_id: SessionId

    @property
    def id(self) -> UserId:
        return self.user_id

    @property
    def permissions(self) -> frozenset[Permission]:
        return PERMISSIONS[self.role]

    def refusal(self) -> Forbidden:
        return Forbidden("Your role does not permit this.")


@dataclass(frozen=True, slots=True)
class ClientPrincipal(Principal):
    """A service client, authenticated by one of its secrets. It has scopes and owns no orders."""

    client_id: ClientId
    secret_id: SecretId
    scopes: frozenset[Scope]

    @property
    def id(self) -> ClientId:
        return self.client_id

    @property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.scopes)

    def refusal(self) -> Forbidden:
        return InsufficientScope()
