"""Who tapped which link: one row for a delivery and a button, however often it is tapped."""

from engine.core.delivery.tracked_link import Reference
from storage.postgres.pool import Pool, transaction

_COUNT = """
INSERT INTO recovery_clicks (bot_id, chat_id, episode_id, step_key, block_key, button, clicked_at)
SELECT d.bot_id, d.chat_id, d.episode_id, d.step_key, d.block_key, $6, $7 FROM recovery_deliveries d
WHERE d.bot_id = $1 AND d.chat_id = $2 AND d.episode_id = $3 AND d.step_key = $4 AND d.block_key = $5
  AND d.status IN ('sending', 'sent', 'unknown')
ON CONFLICT DO NOTHING
"""


async def count(pool: Pool, reference: Reference, now_ms: int) -> None:
    """Safe to repeat; without such a delivery nothing is counted. Raises UnreachableError."""
    key = (reference.bot_id, reference.chat_id, reference.episode_id, reference.step, reference.block)
    async with transaction(pool) as connection:
        await connection.execute(_COUNT, *key, reference.button, now_ms)
