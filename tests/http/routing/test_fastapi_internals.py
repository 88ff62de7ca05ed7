from entrypoints.http.routing import fastapi_internals


def test_private_names_of_fastapi_that_the_service_uses_exist() -> None:
    for name in fastapi_internals.__all__:
        assert getattr(fastapi_internals, name) is not None
