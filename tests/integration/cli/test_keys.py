import asyncio
from pathlib import Path

import pytest

from adapters.security.given_keys import GivenSigningKeys
from tests.integration.cli.conftest import Fetch, Run


def kids(run: Run) -> list[str]:
    code, out, _ = run("keys", "list")
    assert code == 0
    return [line.partition("\t")[0] for line in out.splitlines()]


def test_signing_key_rotation_adds_a_key_and_retires_the_former_key(run: Run, fetch: Fetch) -> None:
    (first,) = kids(run)
    code, out, err = run("keys", "rotate")
    assert (code, err) == (0, "")
    second, former = kids(run)
    assert former == first
    assert out.startswith(f"{second} signs from ")
    assert fetch("SELECT kid FROM signing_keys WHERE verifies_until IS NULL") == [(second,)]
    assert "PRIVATE" not in out
    assert fetch("SELECT action, request_id, object_id FROM audit_log") == [
        ("signing_key.rotated", "keys rotate", second)
    ]


@pytest.mark.parametrize(("option", "warns"), [("--revoke-previous", False), ("--distrust-former", True)])
def test_revoked_signing_key_is_removed_immediately(
    run: Run, fetch: Fetch, option: str, *, warns: bool
) -> None:
    (leaked,) = kids(run)
    code, _, err = run("keys", "rotate", option)
    assert (code, err.startswith("Warning: `--distrust-former` is now called")) == (0, warns)
    assert leaked not in kids(run)
    assert len(fetch("SELECT kid FROM signing_keys")) == 1


def test_generated_signing_key_is_a_valid_value_of_the_signing_key_setting(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, pem, err = run("keys", "generate")
    assert (code, err) == (0, "")
    (key,) = asyncio.run(GivenSigningKeys(pem.encode).all())
    file = tmp_path / "keys.pem"
    file.write_text(pem)
    for name, value in (("STEELYARD_SIGNING_KEYS_FILE", str(file)), ("STEELYARD_SIGNING_KEYS", pem)):
        monkeypatch.setenv(name, value)
        assert kids(run) == [key.kid]
        refused = run("keys", "rotate")
        assert (refused[0], refused[2].startswith(f"Error: {name} provides the keys.")) == (1, True)
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("STEELYARD_SIGNING_KEYS", "canary", "There is no signing key"),
        ("STEELYARD_SIGNING_KEYS_FILE", "/nowhere/keys.pem", "No such file or directory"),
    ],
)
def test_unusable_signing_keys_are_reported_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)
    code, out, err = run("keys", "list")
    assert (code, out) == (2, "")
    assert err.startswith(f"Error: {name} is wrong: ")
    assert complaint in err
    assert "canary" not in err
    assert err.count("\n") == 1


def test_configured_signing_keys_are_masked_when_the_settings_are_printed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_SIGNING_KEYS", "canary")
    _, out, _ = run("config", "show")
    assert "STEELYARD_SIGNING_KEYS=" in out
    assert "canary" not in out
