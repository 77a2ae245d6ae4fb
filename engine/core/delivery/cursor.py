"""Where an episode stands, as Redis carries it: a cached copy of the one scheduled row in PostgreSQL.

It is the opaque part of a chat's state: `<layout><episode>/<ordinal>/<step>/<block>/<pinned>`. An empty opaque means
that no episode is open. An unknown layout is refused: the chat is then read from PostgreSQL.
"""

from typing import Final, NamedTuple

LAYOUT: Final = "1"


class Cursor(NamedTuple):
    """The next delivery; `pinned` is the campaign version in which its step began, 0 before that."""

    episode_id: int
    ordinal: int
    step: str
    block: str
    pinned: int


def write(cursor: Cursor) -> str:
    return LAYOUT + "/".join(str(part) for part in cursor)


def episode_begins(cursor: Cursor) -> str:
    """The common beginning of every cursor of the same episode."""
    return f"{LAYOUT}{cursor.episode_id}/"


def read(opaque: str) -> Cursor | None:
    """None when no episode is open, or when the layout is unknown."""
    if not opaque.startswith(LAYOUT):
        return None
    episode, ordinal, step, block, pinned = opaque.removeprefix(LAYOUT).split("/")
    return Cursor(int(episode), int(ordinal), step, block, int(pinned))
