"""The writers write, at a steady rate, each once; and what the sandbox and the engine know of it."""

import math
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from bench.harness.steadily import steadily
from bench.questions.flush.plan import BOTS, WRITING_S, Plan
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act
from engine.core.errors import RecoveryError

_PATIENCE_S: Final = 120.0
_WAIT_S: Final = 0.25


class Written(NamedTuple):
    """A person's message: when they wrote it, and when the engine had taken it in."""

    at_ms: int
    taken_in_ms: int


class Writing:
    def __init__(self, client: SandboxClient, bots: Sequence[int], people: Sequence[int], plan: Plan) -> None:
        self._client = client
        self._bots = bots
        self._people = people
        self._plan = plan
        self._written: dict[tuple[int, int], tuple[int, int]] = {}
        self._taken_in: dict[tuple[int, int], int] = {}
        self._cursor = 0

    async def run(self) -> None:
        """Raises RecoveryError if the sandbox lets somebody not write."""
        await steadily(math.ceil(self._plan.writes_a_second), WRITING_S, self._write)

    async def until_taken_in(self) -> dict[tuple[int, int], Written]:
        """What was written, by bot and person. Raises RecoveryError if that takes too long."""
        give_up = time.monotonic() + _PATIENCE_S
        while len(self._taken_in) < len(self._written):
            if time.monotonic() > give_up:
                missing = len(self._written) - len(self._taken_in)
                raise RecoveryError(f"{missing} of {len(self._written)} messages were not taken in.")
            await self._hear()
        return {
            (bot, person): Written(at_ms, self._taken_in[bot, update])
            for (bot, update), (person, at_ms) in self._written.items()
        }

    async def _write(self, first: int, count: int) -> None:
        numbers = range(first, min(first + count, self._plan.writers))
        acts = [Act("write", self._bots[number % BOTS], self._people[number], text="Olá!") for number in numbers]
        for act, result in zip(acts, await self._client.act(acts), strict=True):
            if result.update_id is None:
                raise RecoveryError(f"The sandbox did not let a person write: {result.error}")
            self._written[int(act.bot), result.update_id] = (act.person, result.at_ms)

    async def _hear(self) -> None:
        heard = await self._client.acknowledgements(self._cursor)
        self._cursor = heard.cursor
        self._taken_in |= {
            (one.bot_id, one.update_id): one.at_ms
            for one in heard.acknowledged
            if (one.bot_id, one.update_id) in self._written
        }
