import pytest

from domain.sessions.refresh_token import InvalidRefreshToken, RefreshToken

TOKEN = RefreshToken(b"f" * 16, b"s" * 32)


def test_a_token_is_read_as_it_was_written() -> None:
    assert RefreshToken.parse(TOKEN.text) == TOKEN


def test_a_token_does_not_show_itself() -> None:
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
def test_what_is_not_a_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidRefreshToken):
        RefreshToken.parse(text)


def test_a_token_opens_the_successor_that_it_has_sealed() -> None:
    successor = TOKEN.followed_by(bytes(range(32)))
    assert TOKEN.open(TOKEN.seal(successor)) == successor


def test_no_other_token_opens_it_and_what_is_sealed_does_not_show() -> None:
    successor = TOKEN.followed_by(bytes(range(32)))
    sealed = TOKEN.seal(successor)
    assert sealed != successor.secret
    assert TOKEN.followed_by(b"t" * 32).open(sealed) != successor
    assert successor.open(sealed) != successor


def test_tokens_of_one_session_have_one_family_and_each_its_own_hash() -> None:
    successor = TOKEN.followed_by(bytes(range(32)))
    assert successor.family_hash == TOKEN.family_hash
    assert successor.secret_hash != TOKEN.secret_hash
