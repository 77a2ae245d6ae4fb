"""The lock on episodes that several statements take, in key order."""

from typing import Final

LOCK_EPISODES: Final = """
SELECT 1 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
JOIN recovery_episodes e USING (bot_id, chat_id, episode_id)
ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
"""
