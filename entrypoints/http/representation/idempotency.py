"""The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), as a dependency."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response

from application.shared.idempotency import IdempotencyKey, IdempotentOperation, IdempotentResult
from application.users.principal import Principal
from entrypoints.http.problems.openapi import raises_problems
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.representation.fingerprints import NO_BODY, Fingerprints, earlier_fingerprint
from entrypoints.http.representation.response_headers import sends_headers

_HEADER = Header(
    alias="Idempotency-Key",
    min_length=1,
    max_length=255,
    pattern=r"^[!-~]+$",
    description="A name of the request: new for each request, the same for each retry. 1 to 255 visible ASCII characters, without personal data.",
    examples=["9f1c2f9e-6b0c-4a52-9a3e-0d6a7f4c1b1d"],
)


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The Idempotency-Key of a request, with the data for its fingerprint."""

    key: str
    method: str
    path: str
    received: Any
    """The parsed JSON of the body, or NO_BODY."""
    fingerprints: Fingerprints

    def of(self, operation: IdempotentOperation, principal: Principal | None) -> IdempotencyKey:
        """Return the idempotency key of an operation and its caller, together with the request's fingerprint."""
        fingerprint = self.fingerprints.of(self.method, self.path, self.received)
        earlier = partial(self._earlier_fingerprint, operation)
        if principal is None:
            return IdempotencyKey.anonymous(operation, self.key, fingerprint, earlier)
        return IdempotencyKey(str(principal.id), operation, self.key, fingerprint, earlier)

    def _earlier_fingerprint(self, operation: IdempotentOperation, version: int) -> bytes | None:
        return earlier_fingerprint(version, self.method, self.path, operation, self.received)


@sends_headers("Idempotent-Replayed")
@raises_problems("invalid_idempotency_key", "idempotency_key_reused", "idempotency_in_flight")
async def find_request_key(
    request: Request, idempotency_key: Annotated[str | None, _HEADER] = None
) -> RequestKey | None:
    """Return the idempotency key of the request, or None if the request has no such key."""
    return None if idempotency_key is None else await _request_key(request, idempotency_key)


@sends_headers("Idempotent-Replayed")
@raises_problems(
    "idempotency_key_required",
    "invalid_idempotency_key",
    "idempotency_key_reused",
    "idempotency_in_flight",
)
async def get_request_key(request: Request, idempotency_key: Annotated[str, _HEADER]) -> RequestKey:
    """Return the idempotency key of the request. A request without such a key is invalid."""
    return await _request_key(request, idempotency_key)


async def _request_key(request: Request, key: str) -> RequestKey:
    """Return the request's key.

    Raises HTTPProblem `invalid_idempotency_key` for a repeated header.
    """
    if len(request.headers.getlist("Idempotency-Key")) > 1:
        raise HTTPProblem("invalid_idempotency_key")
    has_body = request.scope["route"].body_field is not None and await request.body()
    received = await request.json() if has_body else NO_BODY
    return RequestKey(key, request.method, request.scope["path"], received, request.app.state.fingerprints)


OptionalKey = Annotated[RequestKey | None, Depends(find_request_key)]
RequiredKey = Annotated[RequestKey, Depends(get_request_key)]


def mark_replay(response: Response, outcome: IdempotentResult[Any]) -> None:
    """Mark a response as the response to an earlier request."""
    if outcome.replayed:
        response.headers["Idempotent-Replayed"] = "true"
