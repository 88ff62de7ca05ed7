"""The catalog. Everybody can read it, and staff can change it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Body, Query, Request, Response

from application.catalog.archive_product import ArchiveProduct
from application.catalog.change_product import ChangeProduct, ChangeProductCommand
from application.catalog.create_product import CreateProduct, CreateProductCommand
from application.catalog.ports import ProductFilter, ProductSort
from application.catalog.queries import GetProduct, ListProducts
from application.catalog.views import ProductView
from application.shared.idempotency import IdempotentOperation
from application.shared.single_flight import SingleFlight
from application.users.principal import Principal
from domain.shared.ids import ProductId
from domain.users.permissions import Permission
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.catalog.schemas import (
    ChangeProductRequest,
    CreateProductRequest,
    ListProductsQuery,
    ProductResponse,
)
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.etags import (
    NOT_MODIFIED,
    IfMatch,
    content_tag,
    if_none_match,
    version_tag,
    with_etag,
)
from entrypoints.http.representation.idempotency import OptionalKey, mark_replay
from entrypoints.http.representation.pagination import PageResponse, RequestPaginator
from entrypoints.http.representation.path_parameters import ProductIdInPath
from entrypoints.http.representation.serialization import serialize, serialize_page
from entrypoints.http.routing.body import MERGE_PATCH
from entrypoints.http.routing.serialized_json import SerializedJSONResponse
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import CatalogManager, CatalogReader, actor_of
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

router = StrictRouter(prefix="/v1/products", tags=["products"])

_PageAsked = tuple[bytes, bool]
"""The key of a page: the query string, and whether the caller may see archived products."""


@dataclass(frozen=True, slots=True)
class _ShownPage:
    """A serialized page that is sent to all identical concurrent requests."""

    content: bytes
    tag: str
    link: str | None


@router.get(
    "/{product_id:uuid}",
    operation_id="get_product",
    summary="Show a product",
    description=described_by(GetProduct),
    response_description="The product, with the units that are available now.",
    response_model=None,
    response_class=SerializedJSONResponse,
    responses={200: {"model": ProductResponse}, **problem_responses("not_found"), **NOT_MODIFIED},
    dependencies=[LimitReads],
)
async def get_product(
    product_id: ProductIdInPath,
    reader: CatalogReader,
    request: Request,
    response: Response,
    get_product: Annotated[GetProduct, from_container(GRAPH.catalog.get_product)],
) -> bytes | Response:
    product = await get_product(ProductId(product_id), include_archived=_sees_archived(reader))
    _let_be_stored(response, reader)
    return with_etag(request, response, serialize(product), product.version)


@router.get(
    "",
    operation_id="list_products",
    summary="List the catalog",
    description=described_by(ListProducts),
    response_description="A page of products.",
    response_model=None,
    response_class=SerializedJSONResponse,
    responses={200: {"model": PageResponse[ProductResponse]}, **NOT_MODIFIED},
    dependencies=[LimitReads],
)
async def list_products(
    query: Annotated[ListProductsQuery, Query()],
    reader: CatalogReader,
    request: Request,
    response: Response,
    paginator: RequestPaginator,
    list_products: Annotated[ListProducts, from_container(GRAPH.catalog.list_products)],
) -> bytes | Response:
    include_archived = _sees_archived(reader)

    async def show() -> _ShownPage:
        page = await list_products(
            ProductFilter(
                query=query.q,
                sku=query.sku,
                status=query.status,
                currency=query.currency,
                min_price=query.min_price,
                max_price=query.max_price,
                in_stock=query.in_stock,
            ),
            sort=ProductSort(query.sort.removeprefix("-")),
            descending=query.sort.startswith("-"),
            after=paginator.position(query),
            limit=query.limit,
            include_archived=include_archived,
        )
        content = serialize_page(paginator.page(query, page))
        return _ShownPage(content, content_tag(content), response.headers.get("Link"))

    pages: SingleFlight[_PageAsked, _ShownPage] = request.app.state.page_flights
    shown = await pages.get((request.scope["query_string"], include_archived), show)
    if shown.link is not None:
        response.headers["Link"] = shown.link
    _let_be_stored(response, reader)
    return if_none_match(request, response, shown.content, shown.tag)


@router.post(
    "",
    operation_id="create_product",
    summary="Put a product on sale",
    description=described_by(CreateProduct),
    response_description="The new product.",
    status_code=201,
    response_model=ProductResponse,
    responses=problem_responses("sku_taken"),
    dependencies=[LimitWrites],
)
async def create_product(
    body: CreateProductRequest,
    manager: CatalogManager,
    key: OptionalKey,
    request: Request,
    response: Response,
    create_product: Annotated[CreateProduct, from_container(GRAPH.catalog.create_product)],
) -> ProductView:
    outcome = await create_product(
        CreateProductCommand(
            sku=body.sku,
            details=body.details(),
            initial_stock=body.initial_stock,
            key=key.of(IdempotentOperation.CREATE_PRODUCT, manager) if key else None,
            actor=actor_of(request, manager),
        )
    )
    product = outcome.result
    mark_replay(response, outcome)
    response.headers["Location"] = f"/v1/products/{product.id}"
    response.headers["ETag"] = version_tag(product.version)
    return product


@router.patch(
    "/{product_id:uuid}",
    operation_id="change_product",
    summary="Edit a product",
    description=described_by(ChangeProduct),
    response_description="The product after the change.",
    response_model=ProductResponse,
    responses=problem_responses("not_found"),
    dependencies=[LimitWrites],
)
async def change_product(
    product_id: ProductIdInPath,
    body: Annotated[ChangeProductRequest, Body(media_type=MERGE_PATCH)],
    expected_version: IfMatch,
    manager: CatalogManager,
    request: Request,
    response: Response,
    change_product: Annotated[ChangeProduct, from_container(GRAPH.catalog.change_product)],
) -> ProductView:
    product = await change_product(
        ChangeProductCommand(
            product_id=ProductId(product_id),
            expected_version=expected_version,
            changes=body.changes(),
            actor=actor_of(request, manager),
        )
    )
    response.headers["ETag"] = version_tag(product.version)
    return product


@router.delete(
    "/{product_id:uuid}",
    operation_id="archive_product",
    summary="Take a product off sale",
    description=described_by(ArchiveProduct),
    response_description="The product is archived.",
    status_code=204,
    responses=problem_responses("not_found"),
    dependencies=[LimitWrites],
)
async def archive_product(
    product_id: ProductIdInPath,
    expected_version: IfMatch,
    manager: CatalogManager,
    request: Request,
    archive_product: Annotated[ArchiveProduct, from_container(GRAPH.catalog.archive_product)],
) -> None:
    await archive_product(
        ProductId(product_id), expected_version=expected_version, actor=actor_of(request, manager)
    )


def _sees_archived(reader: Principal | None) -> bool:
    return reader is not None and reader.may(Permission.SEE_ARCHIVED_PRODUCTS)


def _let_be_stored(response: Response, reader: Principal | None) -> None:
    """Permit caches to store the response. A cache must revalidate the response before each use.

    The response contains the stock. The stock can change at any time, because every order changes it.
    """
    audience = b"public" if reader is None else b"private"
    response.raw_headers += [
        (b"cache-control", audience + b", no-cache, no-transform"),
        (b"vary", b"Authorization"),
    ]
