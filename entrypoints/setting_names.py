"""Names of settings: current environment variables, former names and unknown names."""

import difflib
import logging
import os
from collections.abc import Collection, Sequence
from typing import Any

PREFIX = "STEELYARD_"
TEST_PREFIX = "STEELYARD_TEST_"
"""The prefix of variables for the test suite. The service ignores these variables."""
OLD_NAMES = {
    "check_every": "check_interval",
    "audit_log_kept": "audit_log_retention",
    "replays_kept": "idempotency_retention",
}
"""Former names of settings. The service still accepts these names, but logs a warning."""

_log = logging.getLogger(__name__)


class WrongSettings(Exception):
    """A setting is invalid. The message is one line that names the setting."""


def variable_of(name: str) -> str:
    """Return the name of a setting's environment variable."""
    return PREFIX + name.upper()


def values_under_old_names() -> dict[str, Any]:
    """Return a mapping of current names to the values of variables with former names.

    A warning is logged for each former name.

    Raises:
        WrongSettings: both names of a setting are set.
    """
    values = {}
    for old, new in OLD_NAMES.items():
        old_variable, new_variable = variable_of(old), variable_of(new)
        if old_variable not in os.environ:
            continue
        if new_variable in os.environ:
            raise WrongSettings(f"{old_variable} is the old name of {new_variable}. Set only the new one.")
        _log.warning(
            "%s is now called %s. The old name will be removed in a later release.",
            old_variable,
            new_variable,
        )
        values[new] = os.environ[old_variable]
    return values


def describe_unknown_variables(settings: Collection[str]) -> Sequence[str]:
    """Return one line for each unknown variable that begins with the service's prefix.

    If a setting has a similar name, the line contains that name. The line does not contain the value of the variable,
    because the value can be a secret.
    """
    known = {*settings, *OLD_NAMES}
    lines = []
    for variable in sorted(os.environ):
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX) or variable.startswith(TEST_PREFIX) or name in known:
            continue
        nearest = difflib.get_close_matches(name, settings, n=1)
        hint = f" Did you mean {variable_of(nearest[0])}?" if nearest else ""
        lines.append(f"{variable} is not a setting of this release.{hint}")
    return lines


def warn_of_unknown_variables(settings: Collection[str]) -> None:
    """Log a warning for each unknown variable, because it can be a setting of a newer release."""
    for line in describe_unknown_variables(settings):
        _log.warning("%s It is ignored.", line)
