import pytest

from tests.kit.web import WebShop, key, order_body

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


async def test_new_product_is_listed_immediately(web: WebShop) -> None:
    product = await web.product(sku="MUG-RED", price=1999, stock=5, attributes={"colour": "red"})
    shown = await web.anonymous.get(f"/v1/products/{product['id']}")

    assert shown.json() == product
    assert product["price"] == {"amount": 1999, "currency": "EUR"}
    assert (product["available"], product["version"], product["status"]) == (5, 1, "active")


async def test_product_creation_returns_location_and_etag(web: WebShop) -> None:
    staff = await web.staff()
    body = {"sku": "A", "name": "A", "price": {"amount": 1, "currency": "JPY"}}
    response = await staff.post("/v1/products", json=body)

    assert response.status_code == 201
    assert response.headers["Location"] == f"/v1/products/{response.json()['id']}"
    assert response.headers["ETag"] == '"v1"'


async def test_product_creation_request_with_a_used_sku_returns_409(web: WebShop) -> None:
    await web.product(sku="MUG-RED")
    staff = await web.staff()
    response = await staff.post(
        "/v1/products", json={"sku": "MUG-RED", "name": "Mug", "price": {"amount": 1, "currency": "EUR"}}
    )

    assert response.status_code == 409
    assert response.json()["code"] == "sku_taken"


async def test_product_creation_by_a_customer_is_rejected(web: WebShop) -> None:
    customer = await web.customer()
    response = await customer.post(
        "/v1/products", json={"sku": "A", "name": "A", "price": {"amount": 1, "currency": "EUR"}}
    )

    assert response.status_code == 403


async def test_merge_patch_changes_given_fields_and_clears_fields_with_the_value_null(web: WebShop) -> None:
    product = await web.product(
        name="Mug", description="Old", attributes={"colour": "red", "size": "s"}, max_per_order=3
    )
    staff = await web.staff()
    response = await staff.patch(
        f"/v1/products/{product['id']}",
        json={"description": None, "attributes": {"colour": None, "weight": "1"}, "max_per_order": None},
        headers=MERGE_PATCH | {"If-Match": '"v1"'},
    )

    assert response.status_code == 200
    changed = response.json()
    assert changed["name"] == "Mug"
    assert changed["description"] == ""
    assert changed["attributes"] == {"size": "s", "weight": "1"}
    assert changed["max_per_order"] is None
    assert response.headers["ETag"] == '"v2"'


async def test_product_name_cannot_be_removed(web: WebShop) -> None:
    product = await web.product()
    staff = await web.staff()
    response = await staff.patch(
        f"/v1/products/{product['id']}", json={"name": None}, headers={"If-Match": '"v1"'}
    )

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/name"


async def test_product_edit_requires_the_header_if_match(web: WebShop) -> None:
    product = await web.product()
    staff = await web.staff()
    response = await staff.patch(f"/v1/products/{product['id']}", json={"name": "Cup"})

    assert response.status_code == 428


async def test_second_product_edit_with_the_same_if_match_returns_412(web: WebShop) -> None:
    product = await web.product()
    staff = await web.staff()
    url, seen = f"/v1/products/{product['id']}", {"If-Match": '"v1"'}
    await staff.patch(url, json={"name": "Cup"}, headers=seen)
    second = await staff.patch(url, json={"name": "Glass"}, headers=seen)

    assert second.status_code == 412
    assert second.headers["ETag"] == '"v2"'
    assert (await staff.get(url)).json()["name"] == "Cup"


async def test_product_edit_with_an_etag_from_before_an_order_returns_200(web: WebShop) -> None:
    product = await web.product(stock=5)
    customer, staff = await web.customer(), await web.staff()
    url = f"/v1/products/{product['id']}"
    await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))

    shown = await web.anonymous.get(url, headers={"If-None-Match": '"v1"'})
    edited = await staff.patch(url, json={"name": "Cup"}, headers={"If-Match": '"v1"'})

    assert (shown.status_code, shown.json()["available"]) == (200, 4)
    assert shown.headers["ETag"] == '"v2"'
    assert edited.status_code == 200
    assert edited.headers["ETag"] == '"v3"'


async def test_single_product_request_with_the_current_etag_returns_304(web: WebShop) -> None:
    product = await web.product()
    response = await web.anonymous.get(f"/v1/products/{product['id']}", headers={"If-None-Match": '"v1"'})

    assert response.status_code == 304
    assert response.content == b""
    assert response.headers["ETag"] == '"v1"'


async def test_product_list_request_with_the_current_etag_returns_304(web: WebShop) -> None:
    await web.product()
    page = await web.anonymous.get("/v1/products")
    assert page.headers["Content-Length"] == str(len(page.content))
    again = await web.anonymous.get("/v1/products", headers={"If-None-Match": page.headers["ETag"]})

    assert again.status_code == 304


async def test_only_staff_can_see_an_archived_product(web: WebShop) -> None:
    product = await web.product()
    staff = await web.staff()
    url = f"/v1/products/{product['id']}"
    archived = await staff.delete(url, headers={"If-Match": '"v1"'})

    assert archived.status_code == 204
    assert (await web.anonymous.get(url)).status_code == 404
    assert (await staff.get(url)).json()["status"] == "archived"
    assert (await web.anonymous.get("/v1/products")).json()["items"] == []
    assert (await web.anonymous.get("/v1/products?status=archived")).json()["items"] == []
    assert len((await staff.get("/v1/products?status=archived")).json()["items"]) == 1


async def test_catalog_pages_contain_every_product_exactly_once(web: WebShop) -> None:
    created = [(await web.product(name=f"Mug {n}"))["id"] for n in range(5)]
    met: list[str] = []
    url: str | None = "/v1/products?limit=2&sort=name"
    while url:
        page = await web.anonymous.get(url)
        met += [item["id"] for item in page.json()["items"]]
        url = page.links["next"]["url"] if "next" in page.links else None
        assert (url is None) == (page.json()["next_cursor"] is None)

    assert met == created


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=mug+red", ["Red mug"]),
        ("q=cre", ["Crème jug"]),
        ("q=creem", ["Crème jug"]),
        ("q=mug", ["Red mug", "Blue mug"]),
        ("q=teapot", []),
        ("sku=B", ["Blue mug"]),
        ("sku=b", []),
        ("q=a+mug", ["Red mug"]),
        ("q=布", ["布"]),
        ("q=t+shirt", ["T-shirt"]),
        ("q=vitamin+c+tablets", ["Vitamin C, 60 tablets"]),
        ("q=one+two+three+four+five+six+seven+eight", []),
        ("currency=EUR&min_price=1000&max_price=2000", ["Blue mug"]),
        ("in_stock=false", ["Blue mug"]),
        ("currency=JPY", ["Crème jug"]),
    ],
)
async def test_catalog_can_be_searched_and_filtered(web: WebShop, query: str, found: list[str]) -> None:
    await web.product(sku="A", name="Red mug", price=500)
    await web.product(sku="B", name="Blue mug", price=1500, stock=0)
    await web.product(sku="C", name="Crème jug", price=1500, currency="JPY")
    for number, name in enumerate(
        ("布", "T-shirt", "Tea shirt", "Vitamin C, 60 tablets", "Vitamin concentrate tablets")
    ):
        await web.product(sku=f"OTHER-{number}", name=name, price=1, currency="USD")

    page = await web.anonymous.get(f"/v1/products?sort=created_at&{query}")

    assert [item["name"] for item in page.json()["items"]] == found


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("min_price=1", "min_price"),
        ("sort=price", "sort"),
        ("currency=EUR&min_price=2&max_price=1", "max_price"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("sort=colour", "sort"),
        ("sku=not+a+sku", "sku"),
        ("q=one+two+three+four+five+six+seven+eight+nine", "q"),
        ("q=" + "+".join("abcdefghijklmnopqrstuvwxyz"), "q"),
    ],
)
async def test_invalid_product_filter_is_reported_with_the_parameter_name(
    web: WebShop, query: str, parameter: str
) -> None:
    response = await web.anonymous.get(f"/v1/products?{query}")

    assert response.status_code == 422
    assert [error["parameter"] for error in response.json()["errors"]] == [parameter]


async def test_product_list_rejects_a_cursor_of_another_list(web: WebShop) -> None:
    for _ in range(3):
        await web.product()
    cursor = (await web.anonymous.get("/v1/products?limit=1")).json()["next_cursor"]
    foreign = await web.anonymous.get(f"/v1/products?limit=1&sort=name&cursor={cursor}")
    forged = await web.anonymous.get(f"/v1/products?limit=1&cursor={cursor[:-2]}AA")

    assert (foreign.status_code, foreign.json()["code"]) == (400, "invalid_cursor")
    assert (forged.status_code, forged.json()["code"]) == (400, "invalid_cursor")
