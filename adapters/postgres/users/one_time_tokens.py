from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.core.rows import OneTimeTokenRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from application.users.ports import OneTimeTokens
from domain.shared.ids import UserId
from domain.users.one_time_token import OneTimeToken, TokenPurpose

_INSERT = insert(OneTimeTokenRow)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=["user_id", "purpose"],
    set_={"token_hash": _INSERT.excluded.token_hash, "expires_at": _INSERT.excluded.expires_at},
)
_FIND = select(*columns_of(OneTimeTokenRow)).where(
    OneTimeTokenRow.token_hash == bindparam("token_hash"), OneTimeTokenRow.purpose == bindparam("purpose")
)
_REMOVE = delete(OneTimeTokenRow).where(OneTimeTokenRow.user_id == bindparam("user_id"))
_TAKE = _REMOVE.where(
    OneTimeTokenRow.purpose == bindparam("purpose"), OneTimeTokenRow.token_hash == bindparam("token_hash")
)


class PostgresOneTimeTokens(OneTimeTokens):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put(self, token: OneTimeToken) -> None:
        await self._transaction.execute(_PUT, {**_place(token), "expires_at": token.expires_at})

    async def find(self, purpose: TokenPurpose, token_hash: bytes) -> OneTimeToken | None:
        found = await self._transaction.execute(_FIND, {"purpose": purpose, "token_hash": token_hash})
        row = found.one_or_none()
        if row is None:
            return None
        return OneTimeToken(
            user_id=UserId(row.user_id),
            purpose=TokenPurpose(row.purpose),
            token_hash=row.token_hash,
            expires_at=row.expires_at,
        )

    async def take(self, token: OneTimeToken) -> bool:
        return (await self._transaction.execute(_TAKE, _place(token))).rowcount == 1

    async def remove(self, user_id: UserId) -> None:
        await self._transaction.execute(_REMOVE, {"user_id": user_id})


def _place(token: OneTimeToken) -> dict[str, object]:
    return {"user_id": token.user_id, "purpose": token.purpose, "token_hash": token.token_hash}
