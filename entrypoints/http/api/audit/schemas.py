"""Schemas of the audit log."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from application.audit.entry import AuditAction
from domain.shared.ids import AuditEntryId, ClientId, UserId
from entrypoints.http.representation.pagination import ListQuery
from entrypoints.http.representation.schemas import ResponseModel, Timestamp, text


class ListAuditEntriesQuery(ListQuery):
    actor_id: UUID | None = Field(None, description="Only actions of this user or service client.")
    action: AuditAction | None = Field(None, description="Only entries with this action.")
    object_id: Annotated[str, text(max_length=100, min_length=1)] | None = Field(
        None,
        description="Only actions on this object: an account, a session, a product, an order, and so on.",
    )
    created_after: Timestamp | None = Field(None, description="Only actions at or after this time.")
    created_before: Timestamp | None = Field(None, description="Only actions before this time.")


class AuditEntryResponse(ResponseModel):
    """An action that concerns the administration or security of the shop."""

    id: AuditEntryId = Field(description="The id of the entry.")
    at: Timestamp = Field(description="The time of the action.")
    actor_id: UserId | ClientId | None = Field(
        description="The user or service client that acted; null for a caller without a token, and for commands."
    )
    request_id: str = Field(
        description=(
            "The id of the request, as in the logs, or the name of the command or worker. It begins with `client:` if"
            " the client chose it, by the header `X-Request-Id`."
        ),
        examples=["9f1c2f9e6b0c4a529a3e0d6a7f4c1b1d"],
    )
    action: AuditAction | str = Field(description="The action, named by the type of its object.")
    object_type: str = Field(
        examples=["user"], description="The type of the object, the first part of `action`."
    )
    object_id: str | None = Field(
        description="The id of the object; null for a log-in to an unknown address.",
        examples=["019b8d2c-8e00-7000-8000-000000000001"],
    )
    details: dict[str, str | int] = Field(
        description="Further details by name, such as a former role. They contain no personal data and no secrets.",
        examples=[{"former_role": "customer", "role": "staff"}],
    )
