"""Trials that admins start from the manager: each plays blocks to its admin, beside everything else.

One at a time for each admin: a new one ends the one before. How it goes is kept as long as the process lives; it is
nothing to rely on, and nothing is lost with it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from engine.core.errors import RecoveryError
from engine.core.outcome import Outcome
from engine.core.rehearsal import Cue
from engine.core.speaker import Speaker
from engine.core.templates import Person
from engine.rehearsal import Rehearsal
from engine.sender import Sender
from engine.telemetry import logger

_MOST_KEPT: Final = 1_000


class Trial:
    """How a trial goes: what came of each block so far, and why it broke off, if it did."""

    def __init__(self, speaker: Speaker, cues: Sequence[Cue]) -> None:
        self.speaker = speaker
        self.cues = cues
        self.outcomes: list[Outcome] = []
        self.error: RecoveryError | None = None
        self.began = asyncio.Event()
        """The first block has its outcome, or never will."""
        self.task: asyncio.Task[None] | None = None

    @property
    def runs(self) -> bool:
        return self.task is not None and not self.task.done()

    async def first(self) -> None:
        """Wait for the outcome of the first block. Raises what broke the trial off before it."""
        await self.began.wait()
        if self.error:
            raise self.error


class Trials:
    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._trials: OrderedDict[int, Trial] = OrderedDict()

    def start(self, speaker: Speaker, admin_id: int, person: Person, cues: Sequence[Cue]) -> Trial:
        """Play the blocks to the admin, who has started that bot. What was under way for them ends."""
        self.cancel(admin_id)
        trial = Trial(speaker, cues)
        trial.task = asyncio.create_task(self._play(trial, Rehearsal(self._sender, speaker, admin_id, person)))
        self._trials[admin_id] = trial
        self._trials.move_to_end(admin_id)
        if len(self._trials) > _MOST_KEPT:
            self._trials.popitem(last=False)
        return trial

    def of(self, admin_id: int) -> Trial | None:
        """The last one of an admin."""
        return self._trials.get(admin_id)

    def cancel(self, admin_id: int) -> None:
        """End what is under way for an admin, if anything is."""
        trial = self._trials.get(admin_id)
        if trial and trial.task:
            trial.task.cancel()

    async def close(self) -> None:
        tasks = [trial.task for trial in self._trials.values() if trial.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _play(self, trial: Trial, rehearsal: Rehearsal) -> None:
        try:
            async for played in rehearsal.play(trial.cues):
                if played.outcome is not None:
                    trial.outcomes.append(played.outcome)
                    trial.began.set()
        except RecoveryError as error:
            trial.error = error
        except Exception:
            logger().exception("Trial broken off", bot=trial.speaker.username)
            raise
        finally:
            trial.began.set()
