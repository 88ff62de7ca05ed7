"""Reading the parts of an order: its payments, refunds, fulfillments and history."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Protocol
from uuid import UUID

from dependency_injector.providers import Provider
from fastapi import Depends, Path, Query
from fastapi.params import Depends as Dependency

from application.orders.access import OrderAccess
from application.shared.page import Page, Position
from domain.shared.ids import OrderId
from domain.users.permissions import Permission
from entrypoints.from_container import from_container
from entrypoints.http.api.orders.access import order_access
from entrypoints.http.representation.pagination import ListQuery, PageResult, RequestPaginator
from entrypoints.http.representation.path_parameters import OrderIdInPath
from entrypoints.http.security.authentication import OrderReader


class _ListParts(Protocol):
    def __call__(
        self, order_id: OrderId, *, access: OrderAccess, after: Position | None, limit: int
    ) -> Awaitable[Page[Any]]: ...


def page_of_order(use_case: Provider[Callable[..., Awaitable[Page[Any]]]]) -> Dependency:
    """Return a dependency that returns a page of the order's parts if the caller may read the order."""

    async def read_page(
        order_id: OrderIdInPath,
        query: Annotated[ListQuery, Query()],
        reader: OrderReader,
        paginator: RequestPaginator,
        list_parts: Annotated[_ListParts, from_container(use_case)],
    ) -> PageResult[Any]:
        page = await list_parts(
            OrderId(order_id),
            access=order_access(reader, Permission.SEE_ALL_ORDERS),
            after=paginator.position(query),
            limit=query.limit,
        )
        return paginator.page(query, page)

    dependency: Dependency = Depends(read_page)
    return dependency


def part_of_order(use_case: Provider[Callable[..., Awaitable[Any]]], parameter: str) -> Dependency:
    """Return a dependency that finds a part of the order.

    The dependency passes the part's id from the path to the use case, and returns the result of the use case.
    """
    kind = parameter.removesuffix("_id")

    async def read_part(
        order_id: OrderIdInPath,
        part_id: Annotated[
            UUID, Path(alias=parameter, description=f"The id of the {kind}, which belongs to the order.")
        ],
        reader: OrderReader,
        get_part: Annotated[Callable[..., Awaitable[Any]], from_container(use_case)],
    ) -> Any:  # noqa: ANN401 - the view that the use case returns
        access = order_access(reader, Permission.SEE_ALL_ORDERS)
        return await get_part(OrderId(order_id), part_id, access=access)

    dependency: Dependency = Depends(read_part)
    return dependency
