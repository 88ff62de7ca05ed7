"""Forged tokens are rejected (RFC 8725; RFC 9068, section 4)."""

import hmac
import json
import traceback
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from adapters.security.keys import generate_signing_key
from adapters.security.tokens import MAX_LENGTH, Ed25519AccessTokens
from application.signing.ports import AccessClaims, InvalidToken, SigningKey, TokenExpired
from tests.unit.security.token_factory import TokenFactory, content, segment

TEXTS = ("iss", "aud", "sub", "client_id", "scope", "role", "sid", "jti")
TIMES = ("iat", "exp")

NO_TEXTS: tuple[Any, ...] = (True, 7, 1.5, ["steelyard"], {}, None, "\ud800")
NO_TIMES: tuple[Any, ...] = (True, 1.5, 10**400, -1, float("inf"), "1795348800", [], None)


def refused(tokens: Ed25519AccessTokens, token: str, now: datetime) -> bool:
    """Return whether the token is rejected with an error that does not state the reason."""
    try:
        tokens.verify(token, now=now)
    except InvalidToken as refusal:
        shown = "".join(traceback.format_exception(refusal))
        return refusal.detail == InvalidToken().detail and "another exception" not in shown
    return False


def test_access_token_that_the_token_factory_of_the_test_creates_is_accepted(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, claims: AccessClaims, now: datetime
) -> None:
    assert tokens.verify(token_factory.token(), now=now) == claims


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, "HS256", "Ed25519", "ES256", ["EdDSA"]])
def test_access_token_with_an_unexpected_signature_algorithm_is_rejected(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, alg: object, now: datetime
) -> None:
    token = token_factory.token(header={"alg": alg})
    unsigned = token.rpartition(".")[0]
    assert refused(tokens, token, now)
    assert refused(tokens, unsigned, now)
    assert refused(tokens, f"{unsigned}.", now)


@pytest.mark.parametrize("alg", ["HS256", "HS512"])
@pytest.mark.parametrize("form", ["pem", "der", "raw"])
def test_public_key_cannot_be_used_as_an_hmac_secret(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, alg: str, form: str, now: datetime
) -> None:
    public = load_pem_private_key(token_factory.key.private_pem, None).public_key()
    secret = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "raw": public.public_bytes(Encoding.Raw, PublicFormat.Raw),
    }[form]
    unsigned = token_factory.token(header={"alg": alg}).rpartition(".")[0]
    signature = hmac.digest(secret, unsigned.encode(), alg.replace("HS", "sha"))
    assert refused(tokens, f"{unsigned}.{segment(signature)}", now)


def test_access_token_signed_with_a_foreign_key_is_rejected_with_any_key_id(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, now: datetime
) -> None:
    foreign = TokenFactory(generate_signing_key(now), token_factory.claims)
    assert refused(tokens, foreign.token(), now)
    assert refused(tokens, foreign.token(header={"kid": token_factory.key.kid}), now)


@pytest.mark.parametrize("kid", ["", "unknown", "../../dev/null", 7, None, ["a"], {}])
def test_access_token_signed_with_the_right_key_but_another_key_id_is_rejected(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, kid: object, now: datetime
) -> None:
    assert refused(tokens, token_factory.token(header={"kid": kid}), now)


@pytest.mark.parametrize("part", ["typ", "alg", "kid", *TEXTS, *TIMES])
def test_access_token_without_a_required_header_or_claim_is_rejected(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, part: str, now: datetime
) -> None:
    assert refused(tokens, token_factory.token(without=part), now)


@pytest.mark.parametrize(
    ("claim", "value"),
    [(claim, value) for claim in TEXTS for value in NO_TEXTS]
    + [(claim, value) for claim in TIMES for value in NO_TIMES],
)
def test_access_token_with_a_claim_of_a_wrong_type_is_rejected(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, claim: str, value: Any, now: datetime
) -> None:
    assert refused(tokens, token_factory.token(**{claim: value}), now)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://shop.example/"},
        {"iss": "https://SHOP.example"},
        {"aud": "steelyard2"},
        {"aud": ["steelyard", "another"]},
        {"role": "root"},
        {"role": "CUSTOMER"},
        {"client_id": ""},
        {"sub": "somebody"},
        {"scope": "orders:read\x00"},
    ],
)
def test_access_token_with_an_invalid_claim_value_is_rejected(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, changes: dict[str, Any], now: datetime
) -> None:
    assert refused(tokens, token_factory.token(**changes), now)


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_case_of_the_typ_header_of_an_access_token_is_ignored(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, typ: str, claims: AccessClaims, now: datetime
) -> None:
    assert tokens.verify(token_factory.token(header={"typ": typ}), now=now) == claims


@pytest.mark.parametrize("typ", ["JWT", "", None, "id+jwt", "at+jwt ", "text/at+jwt", 7, ["at+jwt"]])
def test_access_token_with_an_unexpected_typ_header_is_rejected(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, typ: object, now: datetime
) -> None:
    assert refused(tokens, token_factory.token(header={"typ": typ}), now)


def test_access_token_with_a_critical_header_extension_is_rejected(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, now: datetime
) -> None:
    assert refused(tokens, token_factory.token(header={"crit": ["exp"], "exp": 1}), now)
    assert refused(tokens, token_factory.token(header={"crit": ["b64"], "b64": False}), now)


def test_access_token_with_an_iat_or_nbf_beyond_the_leeway_is_rejected(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, now: datetime
) -> None:
    later = int(now.timestamp()) + 31
    assert refused(tokens, token_factory.token(iat=later), now)
    assert refused(tokens, token_factory.token(nbf=later), now)


def test_expired_access_token_is_distinguished_from_an_invalid_access_token(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, now: datetime
) -> None:
    past = int((now - timedelta(seconds=31)).timestamp())
    with pytest.raises(TokenExpired):
        tokens.verify(token_factory.token(exp=past), now=now)
    assert refused(tokens, token_factory.token(exp=past, aud="another"), now)
    assert refused(tokens, TokenFactory(generate_signing_key(now), token_factory.claims).token(exp=past), now)


def test_access_token_with_a_changed_payload_is_rejected(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, now: datetime
) -> None:
    header, payload, signature = token_factory.token().split(".")
    promoted = json.loads(content(payload)) | {"role": "admin"}
    assert refused(tokens, f"{header}.{segment(json.dumps(promoted).encode())}.{signature}", now)


@pytest.mark.parametrize("suffix", ["=", "==", "\n", " ", ".", ".x", "\x00", "é", "\ud800"])
def test_access_token_with_text_after_its_signature_is_rejected(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, suffix: str, now: datetime
) -> None:
    assert refused(tokens, token_factory.token() + suffix, now)


def test_oversized_signed_access_token_is_rejected(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, now: datetime
) -> None:
    assert refused(tokens, token_factory.token(scope="x " * MAX_LENGTH), now)
    assert refused(tokens, "a" * 1_000_000, now)
    assert refused(tokens, f"{'a' * 1_000_000}.b.{'c' * 86}", now)


@pytest.mark.parametrize(
    "part", ["[" * 2500, '{"a":' * 1000, "7", "null", '"x"', "[]", "", "\ufeff{}", "NaN"]
)
def test_access_token_is_rejected_unless_header_and_payload_are_json_objects(
    tokens: Ed25519AccessTokens, token_factory: TokenFactory, part: str, now: datetime
) -> None:
    header, payload = (content(part).decode() for part in token_factory.token().split(".")[:2])
    assert refused(tokens, token_factory.signed(part, payload), now)
    assert refused(tokens, token_factory.signed(header, part), now)


@pytest.fixture(scope="session")
def reader(key: SigningKey) -> Ed25519AccessTokens:
    tokens = Ed25519AccessTokens(issuer="https://shop.example", audience="steelyard")
    tokens.use([key])
    return tokens


@given(data=st.data())
def test_access_token_with_any_changed_character_is_rejected(
    reader: Ed25519AccessTokens, token_factory: TokenFactory, now: datetime, data: st.DataObject
) -> None:
    token = token_factory.token()
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda character: character != token[at]))
    assert refused(reader, token[:at] + other + token[at + 1 :], now)


@given(length=st.integers(0, 500))
def test_truncated_access_token_is_rejected(
    reader: Ed25519AccessTokens, token_factory: TokenFactory, now: datetime, length: int
) -> None:
    assert refused(reader, token_factory.token()[:length], now)


@given(token=st.text() | st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]{86}", fullmatch=True))
def test_arbitrary_text_is_rejected_as_an_access_token(
    reader: Ed25519AccessTokens, now: datetime, token: str
) -> None:
    assert refused(reader, token, now)
