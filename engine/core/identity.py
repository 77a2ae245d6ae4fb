"""What makes two things the same thing.

An episode's id is the last seen on which its silence was judged. Telegram dates its updates in whole seconds, so one
update taken in twice may yield two last seens within one second: silences are compared by second, everywhere.
"""

from typing import Final
from zlib import crc32

SECOND_MS: Final = 1000


def newer_sign(seen_ms: int, silent_since_ms: int) -> bool:
    """Does this sign of life end that silence?"""
    return seen_ms // SECOND_MS > silent_since_ms // SECOND_MS


def shard_of(bot_id: int, shards: int) -> int:
    """The poller process that serves a bot."""
    return crc32(str(bot_id).encode()) % shards
