"""Where an episode stands, as Redis carries it: a cache of the one scheduled row in PostgreSQL.

Written into the opaque part of a chat's state: `<layout><episode>/<ordinal>/<step>/<block>/<pinned>`. An empty opaque
means that no episode is in course. An unknown layout is refused: the chat is then taken up from PostgreSQL.
"""

from typing import Final, NamedTuple

LAYOUT: Final = "1"


class Cursor(NamedTuple):
    """The delivery that is next; `pinned` is the campaign version in which its step began, 0 before that."""

    episode_id: int
    ordinal: int
    step: str
    block: str
    pinned: int


def write(cursor: Cursor) -> str:
    return LAYOUT + "/".join(str(part) for part in cursor)


def episode_begins(cursor: Cursor) -> str:
    """How everything begins that is written of the same episode."""
    return f"{LAYOUT}{cursor.episode_id}/"


def read(opaque: str) -> Cursor | None:
    """None when no episode is in course, or when the layout is not ours."""
    if not opaque.startswith(LAYOUT):
        return None
    episode, ordinal, step, block, pinned = opaque.removeprefix(LAYOUT).split("/")
    return Cursor(int(episode), int(ordinal), step, block, int(pinned))
