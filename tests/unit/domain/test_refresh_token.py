import pytest

from domain.sessions.refresh_token import InvalidRefreshToken, RefreshToken

TOKEN = RefreshToken(b"f" * 16, b"s" * 32)


def test_refresh_token_is_parsed_from_its_text() -> None:
    assert RefreshToken.parse(TOKEN.text) == TOKEN


def test_repr_of_a_refresh_token_hides_the_secret() -> None:
    assert "s" * 8 not in repr(TOKEN)
    assert TOKEN.text not in repr(TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        TOKEN.text[:-1],
        TOKEN.text + "A",
        TOKEN.text[:-4] + "====",
        "é" * 64,
        "$" * 64,
        "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6ImsifQ.e30.c2ln",
    ],
)
def test_malformed_refresh_token_is_rejected(text: str) -> None:
    with pytest.raises(InvalidRefreshToken):
        RefreshToken.parse(text)


def test_refresh_token_can_decrypt_its_encrypted_successor() -> None:
    successor = TOKEN.followed_by(bytes(range(32)))
    assert TOKEN.open(TOKEN.seal(successor)) == successor


def test_encrypted_successor_cannot_be_decrypted_with_another_refresh_token() -> None:
    successor = TOKEN.followed_by(bytes(range(32)))
    sealed = TOKEN.seal(successor)
    assert sealed != successor.secret
    assert TOKEN.followed_by(b"t" * 32).open(sealed) != successor
    assert successor.open(sealed) != successor


def test_refresh_tokens_of_a_session_have_equal_family_hashes_but_different_secrets() -> None:
    successor = TOKEN.followed_by(bytes(range(32)))
    assert successor.family_hash == TOKEN.family_hash
    assert successor.secret_hash != TOKEN.secret_hash
