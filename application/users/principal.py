"""Who is asking, as their access token says: a user, or a service client for itself."""

from abc import ABC, abstractmethod
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from domain.shared.errors import Forbidden
from domain.shared.ids import ClientId, SecretId, SessionId, UserId
from domain.users.permissions import PERMISSIONS, Permission, Role, Scope, permissions_of


class InsufficientScope(Forbidden):
    """The scopes of a client's access token do not permit this (RFC 6750, section 3.1)."""

    def __init__(self) -> None:
        super().__init__("The scopes of this client's token do not permit this, or it is for people only.")


class Principal(ABC):
    """Whoever is asking."""

    __slots__ = ()

    @property
    @abstractmethod
    def id(self) -> UserId | ClientId: ...

    @property
    @abstractmethod
    def permissions(self) -> AbstractSet[Permission]: ...

    @abstractmethod
    def refusal(self) -> Forbidden:
        """Return what to raise for what the principal may not do."""
        ...

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def ensure_any(self, permissions: AbstractSet[Permission]) -> None:
        """Raise Forbidden unless the principal has one of the permissions."""
        if self.permissions.isdisjoint(permissions):
            raise self.refusal()

    @abstractmethod
    def only_own_without(self, permission: Permission) -> UserId | None:
        """Return the one user whose objects may be seen, or None where those of everybody may. Raises Forbidden."""
        ...


@dataclass(frozen=True, slots=True)
class UserPrincipal(Principal):
    """A user, in a session."""

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

    def only_own_without(self, permission: Permission) -> UserId | None:
        return None if self.may(permission) else self.user_id


@dataclass(frozen=True, slots=True)
class ClientPrincipal(Principal):
    """A service client, which has got its token with one of its secrets. It has scopes, and owns nothing."""

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

    def only_own_without(self, permission: Permission) -> UserId | None:
        if not self.may(permission):
            raise self.refusal()
        return None
