import pytest

from adapters.security.secret_box import AesGcmSecretBox, parse_keys
from application.shared.secrets import SecretNotReadable

OLD, NEW = b"o" * 32, b"n" * 32
SECRET = "whsec_secret"


def sealed(*keys: bytes) -> str:
    text = AesGcmSecretBox(keys).seal(SECRET, context="place")
    assert text is not None
    return text


def test_encrypted_text_can_be_decrypted_and_does_not_contain_the_secret() -> None:
    assert SECRET not in sealed(NEW)
    assert AesGcmSecretBox([NEW]).open(sealed(NEW), context="place") == SECRET


def test_secret_encrypted_with_the_former_secrets_key_can_be_decrypted() -> None:
    assert AesGcmSecretBox([NEW, OLD]).open(sealed(OLD), context="place") == SECRET
    assert sealed(NEW, OLD).split(".")[1] == sealed(NEW).split(".")[1]


def test_secret_is_not_encrypted_if_no_secrets_key_is_configured() -> None:
    assert AesGcmSecretBox([]).seal(SECRET, context="place") is None


def test_secret_that_is_stored_in_clear_text_is_read_unchanged() -> None:
    assert AesGcmSecretBox([]).open(SECRET, context="place") == SECRET


@pytest.mark.parametrize(
    ("keys", "text", "context"),
    [
        ([OLD], sealed(NEW), "place"),
        ([NEW], sealed(NEW), "another place"),
        ([NEW], sealed(NEW)[:-8] + "AAAAAAA=", "place"),
        ([NEW], sealed(NEW).rsplit(".", 1)[0] + ".x", "place"),
    ],
)
def test_secret_encrypted_with_another_secrets_key_or_context_cannot_be_decrypted(
    keys: list[bytes], text: str, context: str
) -> None:
    with pytest.raises(SecretNotReadable):
        AesGcmSecretBox(keys).open(text, context=context)


@pytest.mark.parametrize("text", ["", "short", "bm90IDMyIGJ5dGVz", "%%%"])
def test_secrets_key_that_does_not_have_32_bytes_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        parse_keys(text)
