"""Settings that would permit unpaid purchases or forged webhooks of a payment provider are rejected."""

import pytest
from pydantic import ValidationError

from entrypoints.setting_names import WrongSettings
from entrypoints.settings import Settings

PUBLIC = "https://shop.example"
STRIPE = {"PAYMENT_PROVIDER": "stripe", "STRIPE_API_KEY": "sk_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"STEELYARD_{name}", value)
    return Settings.from_environment()


@pytest.mark.parametrize("issuer", [PUBLIC, "https://8.8.8.8", "https://[2606:4700:4700::1111]:8443/shop"])
def test_sandbox_provider_with_a_public_https_issuer_is_rejected(
    monkeypatch: pytest.MonkeyPatch, issuer: str
) -> None:
    with pytest.raises(WrongSettings, match="STEELYARD_ALLOW_SANDBOX=true"):
        settings(monkeypatch, TOKEN_ISSUER=issuer)


@pytest.mark.parametrize(
    "issuer",
    [
        "http://127.0.0.1:8000",
        "https://localhost",
        "https://10.0.0.7",
        "https://[::1]:8443",
        "https://shop.test",
    ],
)
def test_sandbox_provider_with_a_private_issuer_is_accepted(
    monkeypatch: pytest.MonkeyPatch, issuer: str
) -> None:
    assert settings(monkeypatch, TOKEN_ISSUER=issuer).token_issuer == issuer


def test_sandbox_provider_with_a_public_issuer_is_accepted_if_a_setting_permits_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert settings(monkeypatch, TOKEN_ISSUER=PUBLIC, ALLOW_SANDBOX="true").allow_sandbox


def test_stripe_provider_with_a_public_https_issuer_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, TOKEN_ISSUER=PUBLIC, **STRIPE).payment_provider == "stripe"


@pytest.mark.parametrize("name", ["STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"])
@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_stripe_provider_with_an_empty_stripe_secret_is_rejected(
    monkeypatch: pytest.MonkeyPatch, name: str, empty: str
) -> None:
    with pytest.raises(WrongSettings, match=f"STEELYARD_{name} has to be set"):
        settings(monkeypatch, **STRIPE | {name: empty})


@pytest.mark.parametrize(
    ("name", "empty"),
    [
        ("sandbox_webhook_secret", ""),
        ("sandbox_webhook_secret", "whsec_"),
        ("secrets_key", ""),
        ("secrets_key", " "),
    ],
)
def test_empty_secret_setting_is_rejected(name: str, empty: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({name: empty})
