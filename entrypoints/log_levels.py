"""Log levels of the whole service and of individual packages."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

ACCESS = "access"
"""The name of the access log in configured levels. All lines of the access log have level info."""

LEVELS = {
    name: logging.getLevelNamesMapping()[name.upper()] for name in ("debug", "info", "warning", "error")
}
_PACKAGE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


@dataclass(frozen=True, slots=True)
class LogLevels:
    """The default level, and the levels of packages. A package's level also applies to its subpackages."""

    default: int = logging.INFO
    packages: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "LogLevels":
        """Parse levels like `warning, adapters.mail=debug, access=info`. Raises ValueError."""
        default, packages = logging.INFO, {}
        for entry in filter(None, re.split(r"[\s,]+", text)):
            package, separator, name = entry.rpartition("=")
            if name.lower() not in LEVELS or (separator and not _PACKAGE.fullmatch(package)):
                raise ValueError(
                    f"a level ({', '.join(LEVELS)}) is needed, and package=level for single packages"
                )
            if separator:
                packages[package] = LEVELS[name.lower()]
            else:
                default = LEVELS[name.lower()]
        return cls(default, packages)

    @property
    def lowest(self) -> int:
        return min(self.default, *self.packages.values(), logging.CRITICAL)

    def of(self, logger: str) -> int:
        """Return the level of a logger: the level of the innermost configured package, or the default level."""
        name = logger
        while name:
            if name in self.packages:
                return self.packages[name]
            name = name.rpartition(".")[0]
        return self.default
