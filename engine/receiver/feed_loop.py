"""Keeps one bot's feed going until it is cancelled, or until Telegram has certainly refused the token.

One 401 is not proof, so Telegram is asked again half a minute later. After any other failure the pause grows.
"""

import asyncio
from random import random
from typing import Final, Protocol

from engine.core.errors import RecoveryError
from engine.runtime.process import is_cancelled
from engine.runtime.service import run_service
from engine.runtime.telemetry import logger
from engine.telegram.refused_call import Refused
from storage.postgres import incidents
from storage.postgres.pool import Pool, transaction
from storage.redis.client import Redis
from storage.redis.server_clock import bot_now_ms

BACKOFF_S: Final = (1.0, 2.0, 5.0, 10.0)
REFUSALS_AS_PROOF: Final = 3
BETWEEN_REFUSALS_S: Final = 30.0
_UNAUTHORIZED: Final = 401


class FeedTurn(Protocol):
    @property
    def rest_s(self) -> float: ...


class Feed(Protocol):
    """By polling or by webhook."""

    async def run_once(self) -> FeedTurn | Refused: ...


class FeedLoop:
    def __init__(self, feed: Feed, bot_id: int, username: str, pool: Pool, client: Redis) -> None:
        self._feed = feed
        self._bot_id = bot_id
        self._pool = pool
        self._client = client
        self._log = logger().bind(bot=username)
        self._failures = self._refusals = 0

    async def run(self) -> None:
        """Run until cancelled, or until the token is refused for good: then an incident says why the feed has ended."""
        await run_service(
            self.run_once,
            self._rest,
            "Feed turn failed",
            log=lambda: self._log,
            is_over=lambda: self._refusals >= REFUSALS_AS_PROOF,
        )
        if not is_cancelled():
            await self._give_up()

    async def run_once(self) -> FeedTurn | Refused:
        turn = await self._feed.run_once()
        if isinstance(turn, Refused):
            self._log.warning("Feed turn failed", code=turn.code, description=turn.description)
        return turn

    async def _rest(self, turn: FeedTurn | Refused | None) -> None:
        if turn is None or isinstance(turn, Refused):
            self._failures += 1
            self._refusals = self._refusals + 1 if turn and turn.code == _UNAUTHORIZED else 0
            await asyncio.sleep(_pause_s(self._failures, self._refusals))
        else:
            self._failures = self._refusals = 0
            await asyncio.sleep(turn.rest_s)

    async def _give_up(self) -> None:
        self._log.error("Feed stopped: Telegram refuses the token. Give the bot a new one.")
        while not await self._open_incident():  # noqa: ASYNC110 - the database has no event to wait for
            await asyncio.sleep(BACKOFF_S[-1])

    async def _open_incident(self) -> bool:
        """Whether the incident is recorded."""
        try:
            now_ms = await bot_now_ms(self._client, self._bot_id)
            async with transaction(self._pool) as connection:
                await incidents.open_incident(connection, self._bot_id, "feed_unauthorized", str(_UNAUTHORIZED), now_ms)
        except RecoveryError as error:
            self._log.warning("Incident not recorded yet", error=error)
            return False
        return True


def _pause_s(failures: int, refusals: int) -> float:
    if refusals:
        return BETWEEN_REFUSALS_S if refusals < REFUSALS_AS_PROOF else 0.0
    return BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] * (0.5 + random())  # noqa: S311 - jitter, no secret
