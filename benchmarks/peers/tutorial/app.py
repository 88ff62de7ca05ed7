"""The API of the service, carefully written in the style of FastAPI's and SQLAlchemy's tutorials.

The program uses a session per request (a dependency with `yield`), the ORM's unit of work, response models, and
`Depends` for the user. Relationships are loaded without N+1 queries.

The program runs as one asynchronous process on uvicorn with uvloop and httptools.
"""

import hashlib
import hmac
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy import URL, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload, selectinload

from benchmarks.peers.tutorial import placing
from benchmarks.peers.tutorial.models import Order, Product
from benchmarks.peers.tutorial.problems import Problem, answer_problem
from benchmarks.peers.tutorial.schemas import OrderIn, OrderOut, ProductOut, ProductPage
from benchmarks.peers.tutorial.security import CurrentUser, Visitor

engine = create_async_engine(
    URL.create(
        "postgresql+asyncpg",
        username=os.environ["PGUSER"],
        password=os.environ["PGPASSWORD"],
        database=os.environ["PGDATABASE"],
        query={"host": os.environ["PGHOST"], "port": os.environ["PGPORT"]},
    ),
    pool_size=int(os.environ["POOL_SIZE"]),
    max_overflow=0,
    connect_args={"server_settings": {"jit": "off", "lock_timeout": "2s", "statement_timeout": "5s"}},
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
cursor_secret = bytes.fromhex(os.environ["CURSOR_SECRET"])
app = FastAPI(exception_handlers={Problem: answer_problem, RequestValidationError: answer_problem})


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


def get_request_id(request: Request, response: Response) -> str:
    request_id = request.headers.get("x-request-id") or secrets.token_hex(16)
    response.headers["X-Request-Id"] = request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return request_id


Session = Annotated[AsyncSession, Depends(get_session)]
RequestId = Annotated[str, Depends(get_request_id)]


@app.get("/livez")
async def livez(_: RequestId) -> dict[str, str]:
    return {"status": "ok"}


@app.get("/v1/products/{product_id}")
async def get_product(
    product_id: UUID, session: Session, visitor: Visitor, response: Response, _: RequestId
) -> ProductOut:
    product = await session.get(Product, product_id, options=[joinedload(Product.stock, innerjoin=True)])
    if product is None or (product.status != "active" and (visitor is None or visitor.role == "customer")):
        raise Problem(404, "not_found")
    shown = ProductOut.of(product)
    response.headers["ETag"] = f'"v{shown.version}"'
    return shown


@app.get("/v1/products", response_model=ProductPage)
async def list_products(
    session: Session,
    _visitor: Visitor,
    response: Response,
    _: RequestId,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> Response:
    statement = (
        select(Product)
        .options(joinedload(Product.stock, innerjoin=True))
        .where(Product.status == "active")
        .order_by(Product.created_at.desc(), Product.id.desc())
        .limit(limit + 1)
    )
    products = (await session.scalars(statement)).all()
    cursor = None
    if len(products) > limit:
        last = products[limit - 1]
        cursor = _seal(f"{last.created_at.isoformat()} {last.id}")
        response.headers["Link"] = f'</v1/products?limit={limit}&cursor={cursor}>; rel="next"'
    page = ProductPage(items=[ProductOut.of(product) for product in products[:limit]], next_cursor=cursor)
    content = page.model_dump_json().encode()
    tag = urlsafe_b64encode(hashlib.sha256(content).digest()[:15]).decode()
    return Response(
        content, media_type="application/json", headers={**response.headers, "ETag": f'W/"{tag}"'}
    )


@app.get("/v1/orders/{order_id}")
async def get_order(
    order_id: UUID, session: Session, user: CurrentUser, response: Response, _: RequestId
) -> OrderOut:
    order = await session.get(Order, order_id, options=[selectinload(Order.lines)])
    if order is None or (user.role == "customer" and order.customer_id != user.id):
        raise Problem(404, "not_found")
    response.headers["ETag"] = f'"v{order.version}"'
    return OrderOut.of(order)


@app.post("/v1/orders", status_code=201)
async def place_order(
    body: OrderIn,
    session: Session,
    user: CurrentUser,
    response: Response,
    request_id: RequestId,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> OrderOut:
    if idempotency_key is None:
        raise Problem(400, "idempotency_key_required")
    order, replayed = await placing.place(session, user.id, idempotency_key, request_id, body)
    response.headers["Location"] = f"/v1/orders/{order.id}"
    response.headers["ETag"] = f'"v{order.version}"'
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return order


def _seal(position: str) -> str:
    mac = hmac.digest(cursor_secret, position.encode(), "sha256")[:16]
    return urlsafe_b64encode(mac + position.encode()).rstrip(b"=").decode()
