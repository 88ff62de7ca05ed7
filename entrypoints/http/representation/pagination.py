"""Pagination of lists: query parameters, pages and links."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from application.shared.page import Page, Position
from entrypoints.http.problems.openapi import raises_problems
from entrypoints.http.representation.compression import compresses_response
from entrypoints.http.representation.cursors import MAX_LENGTH, Cursors, list_fingerprint
from entrypoints.http.representation.response_headers import sends_headers
from entrypoints.http.representation.schemas import ResponseModel

T = TypeVar("T")

MAX_LIMIT = 100


class ListQuery(BaseModel):
    """The query parameters of every list. A list adds its filters and `sort`.

    A cursor is valid only for one list. All parameters except `limit` and `cursor` identify this list.

    This model permits unknown parameters. Unknown parameters are rejected by StrictRoute, which also knows the
    parameters of dependencies.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    limit: int = Field(25, ge=1, le=MAX_LIMIT, description="The maximum number of items on the page.")
    cursor: Annotated[str, Field(json_schema_extra={"maxLength": MAX_LENGTH})] | None = Field(
        None, description="`next_cursor` of the previous page. Send all other parameters unchanged."
    )


class PageResponse(ResponseModel, Generic[T]):
    """A page of a list."""

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Return the schema's name: `OrderPage` for `PageResponse[OrderResponse]`."""
        return f"{params[0].__name__.removesuffix('Response')}Page"

    model_config = ConfigDict(json_schema_extra={"description": "A page of a list."})

    items: list[T] = Field(description="The objects of this page, in the order of the list.")
    next_cursor: str | None = Field(
        description="Send it as `cursor` for the next page; null on the last. The header Link has the whole address."
    )


@dataclass(frozen=True, slots=True)
class PageResult(Generic[T]):
    """The result of pagination. Routes serialize it as PageResponse."""

    items: Sequence[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Paginator:
    """The pagination of one request."""

    request: Request
    response: Response
    cursors: Cursors

    def position(self, query: ListQuery) -> Position | None:
        """Return the position after which the page begins, or None for the first page.

        Raises HTTPProblem `invalid_cursor`.
        """
        return None if query.cursor is None else self.cursors.open(query.cursor, self._fingerprint(query))

    def page(self, query: ListQuery, page: Page[T]) -> PageResult[T]:
        """Return the page, and set the header Link to the next page (RFC 8288)."""
        if page.next is None:
            return PageResult(page.items, None)
        cursor = self.cursors.seal(page.next, self._fingerprint(query))
        self.response.headers["Link"] = f'<{self._address_with(cursor)}>; rel="next"'
        return PageResult(page.items, cursor)

    def _fingerprint(self, query: ListQuery) -> bytes:
        filters: dict[str, Any] = query.model_dump(mode="json", exclude={"limit", "cursor"})
        return list_fingerprint(self.request.scope["path"], filters)

    def _address_with(self, cursor: str) -> str:
        parameters = [item for item in self.request.query_params.multi_items() if item[0] != "cursor"]
        return f"{quote(self.request.scope['path'])}?{urlencode([*parameters, ('cursor', cursor)])}"


@compresses_response
@sends_headers("Link")
@raises_problems("invalid_cursor")
async def get_paginator(request: Request, response: Response) -> Paginator:
    """Return the pagination of this request.

    All processes share the secret of `app.state.cursors`.
    """
    response.raw_headers.append((b"vary", b"Accept-Encoding"))
    return Paginator(request, response, request.app.state.cursors)


RequestPaginator = Annotated[Paginator, Depends(get_paginator)]
