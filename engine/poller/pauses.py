"""The pauses of a bot that are over, as everything that plans a silence needs them."""

from typing import Final

from engine.core.delivery.replan import Resumed
from engine.core.delivery.silence_due import Pause
from storage.postgres import replans
from storage.postgres.pool import Pool

_EVERY: Final = 2**62


async def pauses_of(pool: Pool, bot_id: int, upto: int = _EVERY) -> tuple[Pause, ...]:
    """The oldest first, up to the replan of this number. Raises UnreachableError."""
    jobs = [(job.change, job.created_ms) for job in await replans.resumes(pool, bot_id, upto)]
    return tuple(Pause(one.paused_ms, over_ms, one.policy) for one, over_ms in jobs if isinstance(one, Resumed))
