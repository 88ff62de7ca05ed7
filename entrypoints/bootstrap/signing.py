"""Access tokens and the keys that sign them."""

from dependency_injector import containers, providers

from adapters.security.given_keys import GivenSigningKeys
from adapters.security.keys import generate_signing_key
from adapters.security.tokens import Ed25519AccessTokens
from adapters.security.verified_tokens import RememberedAccessTokens
from application.shared.encrypt_secrets import EncryptSecrets
from application.shared.ports import Clock, IdFactory
from application.signing.reload_keys import ReloadKeys
from application.signing.rotate_key import MAX_SKEW, RotateKey
from entrypoints.bootstrap.database import Database
from entrypoints.settings import Settings


def _source_of_keys(settings: Settings) -> str:
    return "given" if settings.source_of_signing_keys else "database"


class Signing(containers.DynamicContainer):
    def __init__(
        self,
        *,
        settings: providers.Provider[Settings],
        clock: providers.Provider[Clock],
        ids: providers.Provider[IdFactory],
        database: Database,
    ) -> None:
        super().__init__()
        self.make_signing_key = providers.Object(generate_signing_key)
        self.signing_keys = providers.Selector(
            providers.Callable(_source_of_keys, settings=settings),
            database=database.signing_key_store,
            given=providers.Singleton(GivenSigningKeys, read=settings.provided.read_signing_keys),
        )
        self.signed_tokens = providers.Singleton(
            Ed25519AccessTokens,
            issuer=settings.provided.token_issuer,
            audience=settings.provided.token_audience,
            lifetime=settings.provided.token_lifetime,
            leeway=MAX_SKEW,
        )
        self.access_tokens = providers.Singleton(RememberedAccessTokens, tokens=self.signed_tokens)

        self.reload_keys = providers.Singleton(
            ReloadKeys, keys=self.signing_keys, tokens=self.access_tokens, clock=clock
        )
        self.encrypt_secrets = providers.Singleton(
            EncryptSecrets, stored=database.stored_secrets, clock=clock, ids=ids
        )
        self.rotate_key = providers.Singleton(
            RotateKey,
            keys=database.signing_key_store,
            make_key=self.make_signing_key,
            clock=clock,
            ids=ids,
            token_lifetime=settings.provided.token_lifetime,
        )
