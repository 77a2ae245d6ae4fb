"""Who may do what with a bot: three roles, each of which may do what the ones before it may. Pure."""

from typing import Final, Literal, TypeAlias

Role: TypeAlias = Literal["analyst", "editor", "owner"]

_RANKS: Final[tuple[Role, ...]] = ("analyst", "editor", "owner")


def suffices(role: Role | None, needed: Role) -> bool:
    """Analysts look, editors change, owners decide who else does. Without a role nothing is allowed."""
    return role is not None and _RANKS.index(role) >= _RANKS.index(needed)
