"""Three roles, each of which may do what the ones below it may."""

import pytest

from engine.core.roles import Role, suffices


@pytest.mark.parametrize(
    ("role", "analyst", "editor", "owner"),
    [
        (None, False, False, False),
        ("analyst", True, False, False),
        ("editor", True, True, False),
        ("owner", True, True, True),
    ],
)
def test_each_role_may_do_what_the_lower_ones_may(
    role: Role | None, *, analyst: bool, editor: bool, owner: bool
) -> None:
    assert (suffices(role, "analyst"), suffices(role, "editor"), suffices(role, "owner")) == (analyst, editor, owner)
