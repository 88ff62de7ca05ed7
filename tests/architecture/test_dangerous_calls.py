"""The service executes no strings as code, and uses only approved cryptography."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("domain", "application", "adapters", "entrypoints")
CODE = {"eval", "exec", "compile", "__import__"}
CRYPTOGRAPHY = re.compile(
    r"\b(?:hashlib\.(\w+)|hmac\.(?:new|digest)\([^)]*?[\"'](\w+)[\"']\)|(AESGCM|AESCCM|ChaCha20Poly1305|Fernet)\b"
    r"|(Ed25519|Ed448|RSA|EllipticCurve)(?:PrivateKey|PublicKey)\b|(argon2|bcrypt|scrypt)\.PasswordHasher)"
)
APPROVED = {"sha256", "AESGCM", "Ed25519", "argon2"}


def sources() -> Iterator[tuple[Path, str]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, path.read_text()


def test_source_code_never_executes_a_string_as_code() -> None:
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, source in sources()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CODE
    ]
    assert calls == []


def test_format_strings_are_constants() -> None:
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, source in sources()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"format", "format_map"}
        and not isinstance(node.func.value, ast.Constant)
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id.isupper())
    ]
    # In validation_messages.py all format strings are constants, so calls of `format` are harmless there.
    assert [
        call for call in calls if not call.startswith("entrypoints/http/problems/validation_messages.py")
    ] == []


def test_source_code_uses_only_approved_cryptography() -> None:
    used = {
        next(filter(None, match.groups()))
        for _, source in sources()
        for match in CRYPTOGRAPHY.finditer(source)
    }
    assert used == APPROVED


def test_container_image_contains_only_the_service() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule for rule in rules if rule.startswith("!")} == {
        "!requirements-build.lock",
        "!requirements.lock",
        *(f"!{folder}" for folder in FOLDERS),
    }
