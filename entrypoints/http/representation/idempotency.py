"""The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), as a dependency."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from application.shared.idempotency import ANYBODY, IdempotencyKey, IdempotentResult
from application.users.principal import Principal
from entrypoints.http.problems.openapi import raises_problems
from entrypoints.http.problems.problem import HTTPProblem

_HEADER = Header(
    alias="Idempotency-Key",
    min_length=1,
    max_length=255,
    pattern=r"^[!-~]+$",
    description="New for each request, the same for each retry: 1 to 255 visible ASCII characters.",
    examples=["9f1c2f9e-6b0c-4a52-9a3e-0d6a7f4c1b1d"],
)


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The key of this request, for this operation."""

    key: str
    method: str
    operation: str
    path: str

    def of(self, principal: Principal | None, body: BaseModel) -> IdempotencyKey:
        """Return the key with its scope and with the fingerprint of what is asked for.

        The body is fingerprinted as it was understood: neither white space nor the order of fields matters. Secret
        fields are masked in it, so that no fingerprint of a password is kept.
        """
        asked = f"{self.method}\n{self.path}\n{body.model_dump_json()}"
        return IdempotencyKey(
            principal=ANYBODY if principal is None else str(principal.id),
            operation=self.operation,
            key=self.key,
            fingerprint=hashlib.sha256(asked.encode()).digest(),
        )


@raises_problems("invalid_idempotency_key", "idempotency_key_reused", "idempotency_in_flight")
async def find_request_key(
    request: Request, idempotency_key: Annotated[str | None, _HEADER] = None
) -> RequestKey | None:
    """Return the request's key, if it has one."""
    return None if idempotency_key is None else _request_key(request, idempotency_key)


@raises_problems(
    "idempotency_key_required",
    "invalid_idempotency_key",
    "idempotency_key_reused",
    "idempotency_in_flight",
)
async def get_request_key(request: Request, idempotency_key: Annotated[str, _HEADER]) -> RequestKey:
    """Return the request's key, which it must have."""
    return _request_key(request, idempotency_key)


def _request_key(request: Request, key: str) -> RequestKey:
    """Raise HTTPProblem `invalid_idempotency_key` for two keys, of which nobody knows which one is meant."""
    if len(request.headers.getlist("Idempotency-Key")) > 1:
        raise HTTPProblem("invalid_idempotency_key")
    return RequestKey(key, request.method, request.scope["route"].operation_id, request.scope["path"])


OptionalKey = Annotated[RequestKey | None, Depends(find_request_key)]
RequiredKey = Annotated[RequestKey, Depends(get_request_key)]


def mark_replay(response: Response, receipt: IdempotentResult[Any]) -> None:
    """Say in the headers that the answer is that of an earlier request."""
    if receipt.replayed:
        response.headers["Idempotent-Replayed"] = "true"
