import random

import pytest

from adapters.system import SystemRandomness
from application.webhooks import one_time_secrets
from domain.clients import secret
from domain.sessions import refresh_token
from domain.users import one_time_token


def test_random_bytes_come_from_the_operating_system(monkeypatch: pytest.MonkeyPatch) -> None:
    # `secrets` uses SystemRandom, and the only source of SystemRandom is the operating system.
    monkeypatch.setattr(random.SystemRandom, "randbytes", lambda _self, number: b"o" * number)
    assert SystemRandomness().token_bytes(3) == b"ooo"


def test_generated_tokens_and_client_secrets_have_256_bits() -> None:
    modules = (secret, refresh_token, one_time_token, one_time_secrets)
    assert {module.SECRET_BYTES * 8 for module in modules} == {256}
