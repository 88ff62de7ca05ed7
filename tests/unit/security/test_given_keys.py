from pathlib import Path

import pytest

from adapters.security.given_keys import GivenSigningKeys
from adapters.security.keys import generate_signing_key
from tests.kit.examples import NOW

OLD, NEW = generate_signing_key(NOW), generate_signing_key(NOW)


async def test_configured_signing_keys_are_used_in_the_sequence_of_the_file() -> None:
    text = b"# rotated in January\n" + NEW.private_pem + b"\n\n" + OLD.private_pem.rstrip()
    kept = await GivenSigningKeys(lambda: text).all()
    assert [key.kid for key in kept] == [NEW.kid, OLD.kid]
    assert all(key.signs_from < NOW and key.verifies_until is None for key in kept)


async def test_signing_key_file_is_read_again_each_time_the_keys_are_needed(tmp_path: Path) -> None:
    file = tmp_path / "keys.pem"
    keys = GivenSigningKeys(file.read_bytes)
    for pem, kid in ((OLD.private_pem, OLD.kid), (NEW.private_pem, NEW.kid)):
        file.write_bytes(pem)
        assert [key.kid for key in await keys.all()] == [kid]


@pytest.mark.parametrize("text", [b"", b"secret", b"-----BEGIN PRIVATE KEY-----"])
async def test_missing_signing_keys_are_reported(text: bytes) -> None:
    with pytest.raises(ValueError, match="There is no signing key"):
        await GivenSigningKeys(lambda: text).all()


async def test_invalid_signing_key_is_reported_with_its_position_in_the_file() -> None:
    bad = b"-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n"
    with pytest.raises(ValueError, match=r"Signing key no\. 2 is not an Ed25519") as refusal:
        await GivenSigningKeys(lambda: OLD.private_pem + bad).all()
    assert "secret" not in str(refusal.value)
