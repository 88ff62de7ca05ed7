from adapters.memory.database import reach
from adapters.memory.locks import Row
from adapters.memory.transaction import Transaction
from application.users.ports import OneTimeTokens
from domain.shared.ids import UserId
from domain.users.one_time_token import OneTimeToken, TokenPurpose


class MemoryOneTimeTokens(OneTimeTokens):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put(self, token: OneTimeToken) -> None:
        await self._transaction.lock([_row(token.user_id, token.purpose)])
        await reach()
        self._transaction.tables.one_time_tokens[token.user_id, token.purpose] = token

    async def find(self, purpose: TokenPurpose, token_hash: bytes) -> OneTimeToken | None:
        await reach()
        tokens = self._transaction.tables.one_time_tokens.values()
        return next((t for t in tokens if t.purpose is purpose and t.token_hash == token_hash), None)

    async def take(self, token: OneTimeToken) -> bool:
        await self._transaction.lock([_row(token.user_id, token.purpose)])
        await reach()
        tokens = self._transaction.tables.one_time_tokens
        if tokens.get((token.user_id, token.purpose)) != token:
            return False
        del tokens[token.user_id, token.purpose]
        return True


def _row(user_id: UserId, purpose: TokenPurpose) -> Row:
    return "one_time_tokens", user_id.hex, purpose
