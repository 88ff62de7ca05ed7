"""Passwords, encryption, throttling of attempts, rate limits and trusted proxies."""

from collections.abc import Iterator, Mapping

from dependency_injector import containers, providers

from adapters.rate_limits.in_process import InProcessRateLimiter, UnlimitedRateLimiter
from adapters.security.breached import ListedBreachedPasswords
from adapters.security.passwords import Argon2PasswordHasher
from adapters.security.secret_box import AesGcmSecretBox
from application.rate_limits.ports import RateLimiter, RateLimitPolicy
from application.shared.ports import Clock
from application.throttling.throttle import CountingThrottle, NullThrottle
from application.users.password_policy import PasswordPolicy
from entrypoints.proxies import TrustedProxies
from entrypoints.settings import Settings

RATE_LIMIT_WINDOW = 60
"""The length of the time window of each rate limit, in seconds."""


def _hasher(*, workers: int, max_waiting: int) -> Iterator[Argon2PasswordHasher]:
    hasher = Argon2PasswordHasher(workers=workers, max_waiting=max_waiting)
    yield hasher
    hasher.close()


def _secret_box(settings: Settings) -> AesGcmSecretBox:
    return AesGcmSecretBox(settings.read_secrets_keys())


def _throttle_name(settings: Settings) -> str:
    return "counting" if settings.rate_limit_enabled else "null"


def _rate_limiter(settings: Settings) -> RateLimiter:
    if not settings.rate_limit_enabled:
        return UnlimitedRateLimiter()
    in_process = InProcessRateLimiter()
    if settings.rate_limit_url is None:
        return in_process
    from adapters.rate_limits.valkey import ValkeyRateLimiter, connect  # noqa: PLC0415 - imported only if rate limits are shared, because loading takes time

    return ValkeyRateLimiter(connect(settings.rate_limit_url.get_secret_value()), fallback=in_process)


def _rate_limit_policies(settings: Settings) -> Mapping[str, RateLimitPolicy]:
    quotas = {
        "reads": settings.rate_limit_reads,
        "writes": settings.rate_limit_writes,
        "orders": settings.rate_limit_orders,
        "tokens": settings.rate_limit_tokens,
    }
    return {name: RateLimitPolicy(name, quota, RATE_LIMIT_WINDOW) for name, quota in quotas.items()}


class Security(containers.DynamicContainer):
    def __init__(
        self,
        *,
        settings: providers.Provider[Settings],
        clock: providers.Provider[Clock],
    ) -> None:
        super().__init__()
        self.secret_box = providers.Singleton(_secret_box, settings=settings)
        self.hasher = providers.Resource(
            _hasher,
            workers=settings.provided.hashing_threads,
            max_waiting=settings.provided.hashing_queue,
        )
        self.breached_passwords = providers.Singleton(ListedBreachedPasswords)
        self.password_policy = providers.Singleton(
            PasswordPolicy, breached=self.breached_passwords, min_length=settings.provided.password_min_length
        )
        self.throttle = providers.Selector(
            providers.Callable(_throttle_name, settings=settings),
            counting=providers.Singleton(CountingThrottle, clock=clock),
            null=providers.Singleton(NullThrottle),
        )

        self.rate_limiter = providers.Singleton(_rate_limiter, settings=settings)
        self.rate_limit_policies = providers.Singleton(_rate_limit_policies, settings=settings)
        self.trusted_proxies = providers.Singleton(
            TrustedProxies,
            networks=settings.provided.trusted_proxies,
            header=settings.provided.proxy_header,
        )
