"""Signing keys, and the published key set."""

from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet, OKPKey

from adapters.security.keys import KeyRing, generate_signing_key, thumbprint
from adapters.security.tokens import Ed25519AccessTokens
from application.signing.ports import AccessClaims, SigningKey


def test_another_library_can_verify_access_tokens_of_the_service(
    tokens: Ed25519AccessTokens, key: SigningKey, claims: AccessClaims, now: datetime
) -> None:
    before = tokens.issue(claims, now=now).token
    tokens.use([generate_signing_key(now), key])
    after = tokens.issue(claims, now=now).token
    key_set = KeySet.import_key_set({"keys": [dict(jwk) for jwk in tokens.public_keys(now=now)["keys"]]})
    for token in (before, after):
        # The library warns about the name EdDSA, but EdDSA is the only name that all libraries support.
        with pytest.warns(SecurityWarning, match="RFC 9864"):
            read = jwt.decode(token, key_set, algorithms=["EdDSA"])
        assert read.header["typ"] == "at+jwt"
        assert read.claims["sub"] == str(claims.bearer.id)


def test_published_key_set_contains_only_public_keys(
    tokens: Ed25519AccessTokens, key: SigningKey, now: datetime
) -> None:
    (jwk,) = tokens.public_keys(now=now)["keys"]
    assert {**jwk, "x": "..."} == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "...",
        "kid": key.kid,
        "use": "sig",
        "alg": "EdDSA",
    }


def test_thumbprint_of_a_public_key_equals_the_example_in_rfc_8037() -> None:
    assert (
        thumbprint({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
        == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    )


def test_id_of_a_signing_key_is_the_thumbprint_of_its_public_key(now: datetime) -> None:
    key = generate_signing_key(now)
    assert key.kid == OKPKey.import_key(key.private_pem).thumbprint()
    assert key.signs_from == now


def test_generated_signing_keys_are_unique(now: datetime) -> None:
    assert len({generate_signing_key(now).private_pem for _ in range(10)}) == 10


def test_repr_of_a_signing_key_hides_the_private_key(key: SigningKey) -> None:
    assert "PRIVATE" not in repr(key)


@pytest.mark.parametrize("kind", ["nonsense", "empty", "public", "curve", "ed448", "encrypted"])
def test_loaded_signing_keys_remain_in_use_if_the_signing_key_file_is_invalid(
    tokens: Ed25519AccessTokens, key: SigningKey, claims: AccessClaims, kind: str, now: datetime
) -> None:
    ours = load_pem_private_key(key.private_pem, None)
    pem = {
        "nonsense": b"secret nonsense",
        "empty": b"",
        "public": ours.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "curve": generate_private_key(SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ),
        "ed448": Ed448PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "encrypted": ours.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
    }[kind]
    token = tokens.issue(claims, now=now).token
    with pytest.raises(ValueError, match="Signing key bad-one is not an Ed25519 private key") as refusal:
        tokens.use([SigningKey("bad-one", pem, now)])
    assert "secret" not in str(refusal.value)
    assert tokens.verify(token, now=now) == claims


def test_empty_key_ring_returns_none_for_any_key_id() -> None:
    assert KeyRing([]).verifying_pair("any") is None
