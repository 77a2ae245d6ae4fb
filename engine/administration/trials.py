"""Trials that admins start from the manager: each plays blocks to its admin, beside everything else.

One at a time for each admin: a new one ends the previous one. Progress is kept only in this process; nothing depends on
it, and nothing is lost with it.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from engine.administration.rehearsal import Rehearsal
from engine.core.bot_identity import Speaker
from engine.core.content.templates import Person
from engine.core.delivery.outcome import Outcome
from engine.core.delivery.rehearsal import Cue
from engine.core.errors import RecoveryError
from engine.runtime.telemetry import logger
from engine.telegram.sender import Sender

_MOST_KEPT: Final = 1_000
_PATIENCE_S: Final = 8


class Trial:
    """The progress of a trial: the outcome of each block so far, and why it broke off, if it did."""

    def __init__(self, speaker: Speaker, cues: Sequence[Cue]) -> None:
        self.speaker = speaker
        self.cues = cues
        self.outcomes: list[Outcome] = []
        self.error: RecoveryError | None = None
        self.news = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @property
    def runs(self) -> bool:
        return self.task is not None and not self.task.done()

    async def reaches(self, count: int) -> None:
        """Wait a little for this many outcomes, or for the end. Raises the error that broke the trial off.

        A large file, or a bot that Telegram holds, takes longer than anybody waits for a button.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while len(self.outcomes) < count and self.runs:
                    self.news.clear()
                    await self.news.wait()
        if self.error:
            raise self.error


class Trials:
    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._trials: OrderedDict[int, Trial] = OrderedDict()

    def start(self, speaker: Speaker, admin_id: int, person: Person, cues: Sequence[Cue]) -> Trial:
        """Play the blocks to the admin, who has started that bot. A trial that is already running for them ends."""
        self.cancel(admin_id)
        trial = Trial(speaker, cues)
        trial.task = asyncio.create_task(self._play(trial, Rehearsal(self._sender, speaker, admin_id, person)))
        self._trials[admin_id] = trial
        self._trials.move_to_end(admin_id)
        if len(self._trials) > _MOST_KEPT:
            self._trials.popitem(last=False)
        return trial

    def of(self, admin_id: int) -> Trial | None:
        """The last trial of an admin."""
        return self._trials.get(admin_id)

    def cancel(self, admin_id: int) -> None:
        """End the running trial of an admin, if there is one."""
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
                    trial.news.set()
        except RecoveryError as error:
            trial.error = error
        except Exception:  # noqa: BLE001 - nobody awaits the task; who looks sees that it ended
            logger().exception("Trial broken off", bot=trial.speaker.username)
        finally:
            trial.task = None
            trial.news.set()
