"""The decorator of views that are created for most requests."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

__all__ = ["view_dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass as view_dataclass
else:

    def view_dataclass(*, frozen: bool, **options: Any) -> Any:  # noqa: ANN401 - type checkers see the signature of `dataclass`
        """Return the decorator of a frozen dataclass. Only the type checker enforces that it is frozen.

        At run time, the `__init__` of a frozen dataclass takes at least twice as long. Raises ValueError if `frozen` is
        False, because concurrent requests share views.
        """
        if not frozen:
            raise ValueError("A view must be frozen.")
        return dataclass(**options)
