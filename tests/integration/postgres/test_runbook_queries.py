"""The queries of the runbooks succeed on the current schema."""

import re
from pathlib import Path

import asyncpg
import pytest

RUNBOOKS = Path(__file__).parents[3] / "docs" / "runbooks"
BLOCK = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUERIES = [
    pytest.param(query, id=f"{page.stem}-{number}")
    for page in sorted(RUNBOOKS.glob("*.md"))
    for number, query in enumerate(BLOCK.findall(page.read_text()), 1)
]


@pytest.mark.parametrize("query", QUERIES)
async def test_runbook_query_succeeds_in_a_read_only_transaction(
    psql: asyncpg.Connection, query: str
) -> None:
    async with psql.transaction(readonly=True):
        await psql.fetch(query)


def test_runbooks_contain_more_than_fifteen_queries() -> None:
    assert len(QUERIES) > 15
