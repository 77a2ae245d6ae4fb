"""Taps on tracked links: one row for each delivery and button, however often it is tapped."""

from typing import Final

from engine.core.delivery.tracked_link import Reference, TrackedButton
from storage.postgres.pool import Pool, transaction
from storage.postgres.statements import read_statement

_COUNT: Final = read_statement("count_click")


async def count(pool: Pool, reference: Reference, button: TrackedButton, now_ms: int) -> None:
    """Safe to repeat; a tap on an unknown delivery is not counted. Raises UnreachableError."""
    key = (reference.bot_id, reference.chat_id, reference.episode_id, button.step, button.block)
    async with transaction(pool) as connection:
        await connection.execute(_COUNT, *key, button.place, now_ms)
