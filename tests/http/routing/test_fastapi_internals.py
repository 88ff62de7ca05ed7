from entrypoints.http.routing import fastapi_internals


def test_private_names_used_from_fastapi_exist() -> None:
    for name in fastapi_internals.__all__:
        assert getattr(fastapi_internals, name) is not None
