from entrypoints.http.routing import fastapi_internals


def test_every_used_private_name_of_fastapi_exists() -> None:
    for name in fastapi_internals.__all__:
        assert getattr(fastapi_internals, name) is not None
