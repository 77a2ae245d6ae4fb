"""Every key in Redis, on one page. All keys of a bot carry its hash tag: a script touches one slot.

What only one process may hold (a shard, a bot's feed, a rebuild by hand) has a lifetime, which the holder renews; so
has what the manager waits for, and a count of one day. Nothing else has one: a chat's state leaves with its timer, and
a bot's keys stay as long as the bot.

Whoever can read Redis finds nothing that opens a door: what a person could use is there as a digest.
"""

from hashlib import sha256
from typing import Final, NamedTuple

SHARDS: Final = "rt:shards"
"""STRING "count stamp": the number of shards, and the server's ms at which it became so."""

MARK: Final = "rt:mark"
"""STRING a random word: if it changes, Redis was emptied. In a cluster each server has its own: `of_mark`."""

URGENCY_MS: Final = 2**42
"""An urgent timer (a lease, a further block of a begun step) is stored as its due minus this, and so comes first."""


class BotKeys(NamedTuple):
    timers: str
    """ZSET chat -> due in ms, less URGENCY_MS if it is urgent."""
    state: str
    """HASH chat -> version, seen, due, mark and opaque, packed: `chat_states` says how."""
    bot: str
    """HASH generation, run (and the form of the states), epoch, watermark, turned, held, floor, arrived."""
    poll: str
    """STRING "owner epoch": which receiver takes the bot's feed."""
    came: str
    """ZSET number -> number: updates that came by webhook while an earlier one is missing."""
    new: str
    """STRING a number: the new chats that the bot's API has named in a day, which is its lifetime."""
    rebuild: str
    """STRING "owner epoch": who rebuilds the bot's timers by hand."""


def of_bot(bot_id: int) -> BotKeys:
    tag = f"rt:{{{bot_id}}}"
    return BotKeys(
        *(f"{tag}:timers", f"{tag}:state", f"{tag}:bot", f"{tag}:poll", f"{tag}:came", f"{tag}:new", f"{tag}:rebuild")
    )


def of_mark(number: int) -> str:
    """STRING as MARK, on the server of a cluster that has the slot of this number."""
    return f"{MARK}:{number}"


def of_shard(number: int) -> str:
    """STRING "owner epoch": which poller serves the shard."""
    return f"rt:shard:{number}"


def of_prompt(admin_id: int) -> str:
    """STRING a document: the button for which the manager waits for a text from this admin."""
    return f"rt:prompt:{admin_id}"


def of_tap(signature: str) -> str:
    """STRING empty: this button of this message was pressed."""
    return f"rt:tap:{_digest(signature)}"


def of_invitation(word: str) -> str:
    """STRING a document: the role that waits for the person who brings this word."""
    return f"rt:invitation:{_digest(word)}"


def _digest(secret: str) -> str:
    """Both kinds are long and random or signed, so nobody finds them by trying."""
    return sha256(secret.encode()).hexdigest()
