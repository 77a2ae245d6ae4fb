"""Another program reads every bot's updates during the run, by polling, and acknowledges them.

The people whose updates it takes have written, and nobody tells the engine. So from then on nobody gets a message until
all have been silent for a whole threshold since the other program stopped; then everything goes out that is due.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import aiohttp

from bench.questions.exactly_once.doubt import Doubt
from bench.questions.exactly_once.finding import Finding, line, seconds
from bench.questions.exactly_once.judge import spread
from bench.questions.exactly_once.scene import LOOK_S, Scene, now_ms, until

READS_S: Final = 6.0
_MOMENT: Final = 1 / 5
_POLL_S: Final = 1


class Theft(NamedTuple):
    """How many updates of a bot were taken, the first at `since_ms`. The program stopped at `until_ms`."""

    updates: int
    since_ms: int
    until_ms: int


@dataclass(frozen=True)
class Stolen(Finding):
    """`doubted_ms`: the moment up to which the engine does not believe the silences of each bot."""

    thefts: Mapping[int, Theft]
    doubted_ms: Mapping[int, int]

    @property
    def holds(self) -> bool:
        """The doubt reaches to the end of the theft."""
        return all(self.doubted_ms[bot] >= theft.until_ms for bot, theft in self.thefts.items())

    @property
    def doubts(self) -> dict[int, Doubt]:
        return {bot: Doubt(theft.since_ms, self.doubted_ms[bot]) for bot, theft in self.thefts.items()}

    def as_json(self) -> dict[str, Any]:
        return {"stolen": self._stolen, "doubted_s": seconds(spread(self._waits_ms))}

    def as_line(self) -> str:
        meaning = f"until silences counted again after another program had stopped; it took {self._stolen} updates"
        return line("doubt", spread(self._waits_ms), meaning)

    @property
    def _stolen(self) -> int:
        return sum(theft.updates for theft in self.thefts.values())

    @property
    def _waits_ms(self) -> list[int]:
        return [self.doubted_ms[bot] - theft.until_ms for bot, theft in self.thefts.items()]


async def steal(scene: Scene) -> Stolen:
    """Begins once only answers can be taken: the engine cannot know of a payment that somebody else has read."""
    await scene.reached(_MOMENT)
    await until(lambda: scene.play.only_answers_left)
    bots, api_url = await scene.client.bots(), scene.stack.settings.telegram_api_url
    async with aiohttp.ClientSession() as session:
        thefts = await asyncio.gather(*(_read(session, f"{api_url}/bot{bot.token}/getUpdates") for bot in bots))
    return Stolen({bot.id: theft for bot, theft in zip(bots, thefts, strict=True)}, await _doubted_ms(scene))


async def _read(session: aiohttp.ClientSession, url: str) -> Theft:
    """Polls again after each conflict with the receiver."""
    ends, offset, taken, since_ms = time.monotonic() + READS_S, 0, 0, None
    while time.monotonic() < ends:
        updates = await _poll(session, url, offset, _POLL_S)
        if updates:
            since_ms = since_ms or now_ms()
            taken, offset = taken + len(updates), updates[-1]["update_id"] + 1
    await _poll(session, url, offset, 0)
    until_ms = now_ms()
    return Theft(taken, since_ms or until_ms, until_ms)


async def _poll(session: aiohttp.ClientSession, url: str, offset: int, timeout_s: int) -> list[dict[str, Any]]:
    async with session.post(url, data={"offset": str(offset), "timeout": str(timeout_s)}) as response:
        answer = await response.json()
    return list(answer["result"]) if answer["ok"] else []


async def _doubted_ms(scene: Scene) -> dict[int, int]:
    """Once the receiver has read every bot undisturbed again."""
    while len(found := await scene.evidence.doubted_ms()) < len(scene.bots):  # noqa: ASYNC110 - the database is the signal
        await asyncio.sleep(LOOK_S)
    return found
