from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from application.catalog.plan_import import CatalogRow
from entrypoints.catalog_file.complaints import BadRows
from entrypoints.catalog_file.reading import read_catalog

Read = Callable[..., list[CatalogRow]]
"""A function that reads the content of a file. The function accepts the options of `read_catalog`."""
Complain = Callable[..., list[str]]


@pytest.fixture
def read_csv(tmp_path: Path) -> Read:
    return _reader(tmp_path / "products.csv")


@pytest.fixture
def read_ndjson(tmp_path: Path) -> Read:
    return _reader(tmp_path / "products.ndjson")


@pytest.fixture
def complaints_about_csv(read_csv: Read) -> Complain:
    return _complaints(read_csv)


@pytest.fixture
def complaints_about_ndjson(read_ndjson: Read) -> Complain:
    return _complaints(read_ndjson)


def _reader(path: Path) -> Read:
    def read(content: str | bytes, **options: Any) -> list[CatalogRow]:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_catalog(path, progress=lambda _: None, **options)

    return read


def _complaints(read: Read) -> Complain:
    def complaints(content: str | bytes, **options: Any) -> list[str]:
        with pytest.raises(BadRows) as refused:
            read(content, **options)
        return [str(complaint) for complaint in refused.value.complaints]

    return complaints
