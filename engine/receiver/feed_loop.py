"""Keeps one bot's feed going: turn after turn, until cancelled or until Telegram has surely refused the token.

One 401 is not proof, so it is asked again half a minute later; whatever else fails, after a growing pause.
"""

import asyncio
from random import random
from typing import Final, Protocol

from engine.core.errors import RecoveryError
from engine.runtime.process import told_to_end
from engine.runtime.telemetry import logger
from engine.telegram.refused import Refused
from storage.postgres import incidents
from storage.postgres.pool import Pool, transaction
from storage.redis.client import Redis
from storage.redis.server_clock import server_now_ms

BACKOFF_S: Final = (1.0, 2.0, 5.0, 10.0)
REFUSALS_AS_PROOF: Final = 3
BETWEEN_REFUSALS_S: Final = 30.0
_UNAUTHORIZED: Final = 401


class Turn(Protocol):
    @property
    def rest_s(self) -> float: ...


class Feed(Protocol):
    """By polling or by webhook."""

    async def run_once(self) -> Turn | Refused: ...


class Feeder:
    def __init__(self, feed: Feed, bot_id: int, username: str, pool: Pool, client: Redis) -> None:
        self._feed = feed
        self._bot_id = bot_id
        self._pool = pool
        self._client = client
        self._log = logger().bind(bot=username)

    async def run(self) -> None:
        """Turn after turn; an incident says why there is none any more."""
        failures = refusals = 0
        while refusals < REFUSALS_AS_PROOF and not told_to_end():
            turn = await self._turn()
            if isinstance(turn, Refused):
                failures, refusals = failures + 1, refusals + 1 if turn.code == _UNAUTHORIZED else 0
                self._log.warning("Feed turn failed", code=turn.code, description=turn.description)
                await asyncio.sleep(_pause_s(failures, refusals))
            else:
                failures = refusals = 0
                await asyncio.sleep(turn.rest_s)
        if not told_to_end():
            await self._give_up()

    async def _turn(self) -> Turn | Refused:
        try:
            return await self._feed.run_once()
        except RecoveryError as error:
            return Refused(0, str(error))
        except Exception:  # noqa: BLE001 - a failed turn never ends the loop
            self._log.exception("Feed turn failed")
            return Refused(0, "a fault of ours")

    async def _give_up(self) -> None:
        self._log.error("Feed stopped: Telegram refuses the token. Give the bot a new one.")
        while not await self._open_incident():  # noqa: ASYNC110 - the database is asked again, nobody tells
            await asyncio.sleep(BACKOFF_S[-1])

    async def _open_incident(self) -> bool:
        """Whether it is written down."""
        try:
            now_ms = await server_now_ms(self._client)
            async with transaction(self._pool) as connection:
                await incidents.open_incident(connection, self._bot_id, "feed_unauthorized", "the feed: 401", now_ms)
        except RecoveryError as error:
            self._log.warning("Incident waits", error=str(error))
            return False
        return True


def _pause_s(failures: int, refusals: int) -> float:
    if refusals:
        return BETWEEN_REFUSALS_S if refusals < REFUSALS_AS_PROOF else 0.0
    return BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] * (0.5 + random())  # noqa: S311 - jitter, no secret
