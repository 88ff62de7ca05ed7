"""Access tokens and the keys that sign them."""

from dependency_injector import containers, providers

from adapters.security.given_keys import GivenSigningKeys
from adapters.security.keys import generate_signing_key
from adapters.security.tokens import Ed25519AccessTokens
from adapters.security.verified_tokens import RememberedAccessTokens
from application.shared.clock import Clock
from application.shared.encrypt_secrets import EncryptSecrets
from application.shared.ids import IdFactory
from application.signing.reload_keys import ReloadKeys
from application.signing.rotate_key import MAX_SKEW, RotateKey
from entrypoints.settings import Settings


def _source_of_keys(settings: Settings) -> str:
    return "given" if settings.source_of_signing_keys else "database"


class Signing(containers.DeclarativeContainer):
    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    clock: providers.Dependency[Clock] = providers.Dependency()
    ids: providers.Dependency[IdFactory] = providers.Dependency()
    database = providers.DependenciesContainer()

    make_signing_key = providers.Object(generate_signing_key)
    signing_keys = providers.Selector(
        providers.Callable(_source_of_keys, settings=settings),
        database=database.signing_key_store,
        given=providers.Singleton(GivenSigningKeys, read=settings.provided.read_signing_keys),
    )
    signed_tokens = providers.Singleton(
        Ed25519AccessTokens,
        issuer=settings.provided.token_issuer,
        audience=settings.provided.token_audience,
        lifetime=settings.provided.token_lifetime,
        leeway=MAX_SKEW,
    )
    access_tokens = providers.Singleton(RememberedAccessTokens, tokens=signed_tokens)

    reload_keys = providers.Singleton(ReloadKeys, keys=signing_keys, tokens=access_tokens, clock=clock)
    encrypt_secrets = providers.Singleton(
        EncryptSecrets, stored=database.stored_secrets, clock=clock, ids=ids
    )
    rotate_key = providers.Singleton(
        RotateKey,
        keys=database.signing_key_store,
        make_key=make_signing_key,
        clock=clock,
        ids=ids,
        token_lifetime=settings.provided.token_lifetime,
    )
