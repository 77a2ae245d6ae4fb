"""Room that bots share, so that no bot can take another's.

A bot may take as much as is still free: alone it gets half of the room, and two at the same time a third each. Network
switches share their buffers in this way ("dynamic thresholds", Choudhury and Hahne, 1998): a fixed share would waste
the room, or depend on how many bots there are. Whatever others have taken, a small part is always there for each bot.
"""

from typing import Final

OWN_PART: Final = 200
"""Each bot has a two-hundredth of the room for itself: up to 200 bots together take twice the room at most, and beyond
that each further bot adds its part.
"""


def is_over_share(own: int, of_all: int, room: int) -> bool:
    """Whether a bot that has taken `own` of the room must take no more; `of_all` is what all bots have taken."""
    return own >= max(min(1, room), room // OWN_PART, room - of_all)
