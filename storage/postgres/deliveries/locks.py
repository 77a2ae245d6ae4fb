"""The lock on episodes that several statements take first, in key order."""

from typing import Final, NamedTuple

from storage.postgres.statements import read_statement

LOCK_EPISODES: Final = read_statement("deliveries/lock_episodes")


class EpisodeKey(NamedTuple):
    """How every row begins that a statement takes once its episode is locked."""

    bot_id: int
    chat_id: int
    episode_id: int


KEY: Final = slice(len(EpisodeKey._fields))
"""The columns of the key, at the head of the others."""
