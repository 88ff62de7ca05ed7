import asyncio
import re
from uuid import UUID

import pytest

from adapters.postgres.core.engine import create_engine
from adapters.postgres.core.secret_columns import SecretColumns
from adapters.postgres.signing.stored_secrets import PostgresStoredSecrets
from adapters.postgres.webhooks.mapping import place_of_secret
from adapters.security.secret_box import AesGcmSecretBox, generate_key, parse_keys
from adapters.system import SystemClock, UuidV7Factory
from application.shared.encrypt_secrets import EncryptSecrets
from domain.shared.actor import Actor
from domain.shared.ids import EndpointId
from tests.integration.cli.conftest import Fetch, Run

OLD, NEW = generate_key(), generate_key()
KEY = "STEELYARD_SECRETS_KEY"
STORED = (
    "SELECT private_pem FROM signing_keys UNION ALL SELECT value FROM service_secrets"
    " UNION ALL SELECT secret FROM webhook_endpoints"
)

AUDITED = """
    SELECT action, request_id, object_id, count(*), sum((details ->> 'secrets')::int) FROM audit_log
    WHERE action LIKE 'secrets.%' GROUP BY 1, 2, 3
"""


def key_ids(fetch: Fetch) -> set[str | None]:
    """Return the ids of all encryption keys of the stored secrets. None stands for unencrypted secrets."""
    found = [re.match(rb"sealed\.([0-9a-f]{16})\.", value) for (value,) in fetch(STORED)]
    return {match[1].decode() if match else None for match in found}


def id_of(key: str) -> str:
    return AesGcmSecretBox(parse_keys(key)).key_ids[0]


def kids(run: Run) -> list[str]:
    code, out, _ = run("keys", "list")
    assert code == 0
    return [line.partition("\t")[0] for line in out.splitlines()]


def test_generated_secrets_key_is_a_valid_value_of_the_secrets_key_setting(run: Run) -> None:
    code, out, err = run("secrets", "generate")
    assert (code, err) == (0, "")
    assert len(parse_keys(out)) == 1


def test_stored_secrets_are_readable_before_and_after_the_encryption_command(
    run: Run, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kids(run)
    number = len(fetch(STORED))
    assert key_ids(fetch) == {None}

    monkeypatch.setenv(KEY, OLD)
    assert kids(run) == before, "both forms are read"
    assert run("secrets", "encrypt") == (0, f"{number} secrets are now encrypted.\n", "")
    assert key_ids(fetch) == {id_of(OLD)}
    assert run("secrets", "encrypt")[1] == "0 secrets are now encrypted.\n"
    assert kids(run) == before
    # In this test, two tables contain secrets: the signing keys, and the service's own secrets. The table of webhook
    # endpoints is empty.
    tables = 2
    assert fetch(AUDITED) == [("secrets.encrypted", "secrets encrypt", id_of(OLD), tables, number)]


def test_former_secrets_key_is_not_needed_after_the_rotation_command(
    run: Run, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, OLD)
    before = kids(run)
    monkeypatch.setenv(KEY, f"{NEW} {OLD}")
    assert key_ids(fetch) == {id_of(OLD)}
    code, out, err = run("secrets", "rotate")
    assert (code, err) == (0, "")
    assert out.endswith("secrets are now encrypted with the first key.\n")
    assert key_ids(fetch) == {id_of(NEW)}
    assert [row[:3] for row in fetch(AUDITED)] == [("secrets.reencrypted", "secrets rotate", id_of(NEW))]
    monkeypatch.setenv(KEY, NEW)
    assert kids(run) == before


def test_secret_encryption_and_secrets_key_rotation_do_not_change_webhook_secrets(
    run: Run, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = EndpointId(UUID("01934e6c-8f3a-7d2b-9c4e-5a6b7c8d9e0f"))
    kids(run)
    fetch(
        "INSERT INTO webhook_endpoints (id, url, event_types, secret, former_secret, created_at)"
        " VALUES ('01934e6c-8f3a-7d2b-9c4e-5a6b7c8d9e0f', 'https://hooks.example.com', '{}', repeat('s', 32)::bytea,"
        " repeat('f', 32)::bytea, now())"
    )
    for keys, command in ((OLD, "encrypt"), (f"{NEW} {OLD}", "rotate")):
        monkeypatch.setenv(KEY, keys)
        assert run("secrets", command)[0] == 0
    [stored] = fetch("SELECT secret, former_secret FROM webhook_endpoints")
    assert all(secret.startswith(f"sealed.{id_of(NEW)}.".encode()) for secret in stored)
    columns = SecretColumns(AesGcmSecretBox(parse_keys(NEW)))
    opened = [columns.open(secret, place=place_of_secret(endpoint)) for secret in stored]
    assert opened == [b"s" * 32, b"f" * 32]


def test_process_with_the_old_and_new_secrets_keys_reads_secrets_during_rotation(
    run: Run, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, f"{OLD} {NEW}")
    before = kids(run)
    monkeypatch.setenv(KEY, f"{NEW} {OLD}")
    assert run("secrets", "rotate")[0] == 0
    monkeypatch.setenv(KEY, f"{OLD} {NEW}")
    assert kids(run) == before
    assert key_ids(fetch) == {id_of(NEW)}


def test_interrupted_encryption_of_secrets_can_be_continued(
    database_url: str, run: Run, fetch: Fetch
) -> None:
    kids(run)
    number = len(fetch(STORED))

    async def convert() -> tuple[int, int]:
        engine = create_engine(database_url)
        stored = PostgresStoredSecrets(engine, AesGcmSecretBox(parse_keys(OLD)))
        try:
            first = await stored.encrypt_batch(1, in_clear=True, entries_of=lambda _number, _key_id: ())
            encrypt = EncryptSecrets(stored, SystemClock(), UuidV7Factory())
            return first, await encrypt(in_clear=True, actor=Actor(None, "test"))
        finally:
            await engine.dispose()

    assert asyncio.run(convert()) == (1, number - 1)
    assert key_ids(fetch) == {id_of(OLD)}


def test_missing_secrets_key_is_reported_before_any_secret_is_changed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, OLD)
    kids(run)
    monkeypatch.setenv(KEY, NEW)
    code, _, err = run("keys", "list")
    assert code == 2
    assert err.startswith(f"Error: {KEY} lacks the key {id_of(OLD)}")
    assert OLD not in err


@pytest.mark.parametrize("command", ["encrypt", "rotate"])
def test_secret_encryption_and_rotation_commands_require_a_secrets_key(run: Run, command: str) -> None:
    code, _, err = run("secrets", command)
    assert code == 1
    assert err.startswith(f"Error: {KEY} is not set.")


def test_unreadable_secrets_key_file_is_reported_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_SECRETS_KEY_FILE", "/nowhere/key")
    code, _, err = run("keys", "list")
    assert code == 2
    assert err.startswith("Error: STEELYARD_SECRETS_KEY_FILE is wrong: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("issuer", ["http://shop.example", "http://10.0.0.7:8000"])
def test_new_database_of_a_public_service_requires_a_secrets_key(
    run: Run, fetch: Fetch, monkeypatch: pytest.MonkeyPatch, issuer: str
) -> None:
    monkeypatch.setenv("STEELYARD_TOKEN_ISSUER", issuer)
    code, _, err = run("keys", "list")
    assert code == 2
    assert err.startswith(f"Error: {KEY} has to be set for a new database")
    assert fetch(STORED) == []
    monkeypatch.setenv(KEY, NEW)
    assert len(kids(run)) == 1


def test_existing_database_of_a_public_service_needs_no_secrets_key(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kids(run)
    monkeypatch.setenv("STEELYARD_TOKEN_ISSUER", "http://shop.example")
    assert kids(run) == before
