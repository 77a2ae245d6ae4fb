"""In whose name something is said to Telegram."""

from typing import NamedTuple


class Speaker(NamedTuple):
    """`paid_broadcast`: its owner pays Telegram for what goes beyond the free pace."""

    bot_id: int
    username: str
    token: str
    paid_broadcast: bool = False

    def __repr__(self) -> str:
        """Without the token: this may end up in a traceback."""
        return f"Speaker(@{self.username})"
