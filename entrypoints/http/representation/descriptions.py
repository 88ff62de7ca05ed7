"""Descriptions of operations, taken from the docstrings of their use cases."""

import inspect


def described_by(use_case: type) -> str:
    """Return a use case's docstring as an operation's description."""
    return inspect.cleandoc(use_case.__doc__ or "")
