import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest

import adapters
import application
import domain
import entrypoints
from domain.shared.errors import DomainError
from entrypoints.http.problems.registry import PROBLEMS

OAUTH_ONLY = {"invalid_grant", "invalid_client", "invalid_scope", "unsupported_token_type"}
"""The codes that /token and /oauth/revoke return in the format of RFC 6749 and RFC 7009.

These codes are never returned as problems.
"""

COMMAND_LINE_ONLY = {"client_name_taken", "client_disabled", "too_many_secrets"}
"""Errors of the command line only: no HTTP operation raises them."""


def _descendants(error: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in error.__subclasses__():
        yield child
        yield from _descendants(child)


def _every_domain_error() -> list[type[DomainError]]:
    for layer in (domain, application, adapters, entrypoints):
        for module in pkgutil.walk_packages(layer.__path__, f"{layer.__name__}."):
            if not module.name.endswith(("__main__", ".env")) and ".versions." not in module.name:
                import_module(module.name)
    ours = {error for error in _descendants(DomainError) if not error.__module__.startswith("tests.")}
    problems = {error for error in ours if error.code not in OAUTH_ONLY | COMMAND_LINE_ONLY}
    return sorted(problems, key=lambda error: error.__qualname__)


@pytest.mark.parametrize("error", _every_domain_error(), ids=lambda error: error.__qualname__)
def test_every_error_except_oauth_and_command_line_errors_has_a_problem_code(
    error: type[DomainError],
) -> None:
    assert error.code in PROBLEMS
