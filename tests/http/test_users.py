import pytest

from tests.kit.store import memory_store
from tests.kit.web import PASSWORD, WebShop, container_over, web_shop

ANN = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD, "full_name": "Ann"}


async def test_sign_up_returns_the_account_without_the_password(web: WebShop) -> None:
    response = await web.anonymous.post("/v1/users", json=ANN)

    assert response.status_code == 201
    assert response.headers["Location"] == "/v1/me"
    assert response.json()["email"] == "ann@example.com"
    assert response.json()["role"] == "customer"
    assert not [name for name in response.json() if "password" in name]
    assert PASSWORD not in response.text


async def test_mismatch_of_sign_up_passwords_is_reported_at_the_confirmation_field(web: WebShop) -> None:
    response = await web.anonymous.post("/v1/users", json=ANN | {"password_confirm": "another password"})

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == ["/password_confirm"]


async def test_short_sign_up_password_is_reported_at_the_field_password(web: WebShop) -> None:
    short = {"password": "short", "password_confirm": "short"}
    response = await web.anonymous.post("/v1/users", json=ANN | short)

    assert response.status_code == 422
    assert response.json()["errors"] == [
        {
            "pointer": "/password",
            "code": "password_too_short",
            "detail": "A password has at least 12 characters.",
        }
    ]


async def test_sign_up_with_another_case_of_a_used_email_address_returns_409(web: WebShop) -> None:
    await web.anonymous.post("/v1/users", json=ANN)
    response = await web.anonymous.post("/v1/users", json=ANN | {"email": "ANN@Example.com"})

    assert response.status_code == 409
    assert response.json()["code"] == "email_taken"


async def test_retried_sign_up_with_the_same_idempotency_key_is_replayed(web: WebShop) -> None:
    key = {"Idempotency-Key": "sign-up-1"}
    first = await web.anonymous.post("/v1/users", json=ANN, headers=key)
    again = await web.anonymous.post("/v1/users", json=ANN, headers=key)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("field", ["role", "status", "id", "email_verified", "is_admin"])
async def test_sign_up_with_unknown_fields_is_rejected(web: WebShop, field: str) -> None:
    response = await web.anonymous.post("/v1/users", json=ANN | {field: "admin"})

    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "unknown_field"


async def test_user_can_read_own_account_with_an_access_token(web: WebShop) -> None:
    await web.anonymous.post("/v1/users", json=ANN)
    token = await web.anonymous.post("/token", data={"username": "Ann@example.com", "password": PASSWORD})
    assert token.status_code == 200
    assert token.headers["Cache-Control"] == "no-store"
    assert token.json()["token_type"] == "bearer"
    assert token.json()["expires_in"] == 600

    me = await web.anonymous.get(
        "/v1/me", headers={"Authorization": f"Bearer {token.json()['access_token']}"}
    )

    assert me.json()["email"] == "ann@example.com"
    assert me.headers["ETag"] == '"v1"'


async def test_log_in_response_is_equal_for_a_wrong_password_and_an_unknown_email(web: WebShop) -> None:
    await web.anonymous.post("/v1/users", json=ANN)
    wrong = await web.anonymous.post("/token", data={"username": "ann@example.com", "password": "wrong"})
    unknown = await web.anonymous.post("/token", data={"username": "bob@example.com", "password": PASSWORD})

    assert wrong.status_code == unknown.status_code == 400
    assert wrong.json() == unknown.json()
    assert wrong.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"username": "ann@example.com"}, "invalid_request"),
        ({}, "invalid_request"),
        ({"username": "a", "password": "b", "grant_type": "magic"}, "unsupported_grant_type"),
    ],
)
async def test_malformed_log_in_gets_an_oauth_error(web: WebShop, form: dict[str, str], error: str) -> None:
    response = await web.anonymous.post("/token", data=form)

    assert response.status_code == 400
    assert response.json()["error"] == error


async def test_password_grant_can_be_disabled() -> None:
    async with web_shop(container_over(memory_store(), password_grant_enabled=False)) as web:
        response = await web.anonymous.post("/token", data={"username": "a", "password": "b"})

    assert response.json()["error"] == "unsupported_grant_type"


async def test_request_without_an_access_token_gets_a_bearer_challenge(web: WebShop) -> None:
    response = await web.anonymous.get("/v1/me")

    assert response.status_code == 401
    assert response.json()["code"] == "authentication_required"
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="steelyard"'


async def test_malformed_access_token_is_rejected_with_the_error_invalid_token(web: WebShop) -> None:
    response = await web.anonymous.get("/v1/me", headers={"Authorization": "Bearer abc.def.ghi"})

    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


async def test_access_token_can_be_verified_with_the_published_public_key(web: WebShop) -> None:
    response = await web.anonymous.get("/.well-known/jwks.json")

    (key,) = response.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")
    assert "d" not in key
