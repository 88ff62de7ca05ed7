from entrypoints.http.routing import fastapi_internals


def test_every_private_part_of_fastapi_is_still_there() -> None:
    for name in fastapi_internals.__all__:
        assert getattr(fastapi_internals, name) is not None
