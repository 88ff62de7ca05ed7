from dataclasses import replace

import pytest

from application.shared.view_dataclass import view_dataclass


def test_view_that_is_not_frozen_is_rejected() -> None:
    with pytest.raises(ValueError, match="must be frozen"):

        @view_dataclass(frozen=False)
        class Changeable:
            name: str


def test_changed_copy_of_a_view_leaves_the_view_unchanged() -> None:
    @view_dataclass(frozen=True, slots=True, kw_only=True)
    class Named:
        name: str

    view = Named(name="A")
    assert replace(view, name="B") == Named(name="B")
    assert view == Named(name="A")
