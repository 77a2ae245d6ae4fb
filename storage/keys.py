"""Every key in Redis, on one page. All keys of a bot carry its hash tag: a script touches one slot.

None has a lifetime: a chat's state leaves with its timer, a bot's keys stay with the bot.
"""

from typing import NamedTuple


class BotKeys(NamedTuple):
    timers: str
    """ZSET chat -> due in ms; an urgent one as due - 2**42, so that it comes first."""
    state: str
    """HASH chat -> "version seen due mark opaque"."""
    bot: str
    """HASH generation, epoch, watermark, held."""


def of_bot(bot_id: int) -> BotKeys:
    tag = f"rt:{{{bot_id}}}"
    return BotKeys(f"{tag}:timers", f"{tag}:state", f"{tag}:bot")
