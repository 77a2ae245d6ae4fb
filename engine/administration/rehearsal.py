"""Plays blocks to an admin, for the command line and for the manager's trials.

No gate is asked and no delivery recorded. Links lead straight to their targets.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

from engine.core.bot_identity import Speaker
from engine.core.campaign.snapshot import choose
from engine.core.content.rendering import render
from engine.core.content.templates import Person
from engine.core.delivery.outcome import (
    MAX_ATTEMPTS,
    Outcome,
    Rejected,
    RetryLater,
    Unauthorized,
    Unreachable,
    not_sent,
)
from engine.core.delivery.rehearsal import Cue
from engine.core.errors import BotError
from engine.media.uploads import Busy, Missing
from engine.telegram.sender import Sender


class Played(NamedTuple):
    """A block and its outcome: None until it was sent."""

    cue: Cue
    outcome: Outcome | None


class Rehearsal(NamedTuple):
    sender: Sender
    speaker: Speaker
    chat_id: int
    person: Person

    async def play(self, played: Iterable[Cue]) -> AsyncIterator[Played]:
        """Yield each block twice: before the wait for it, and with its outcome once it was sent.

        Raises BotError if the bot cannot write to the admin.
        """
        for cue in played:
            yield Played(cue, None)
            await asyncio.sleep(cue.wait_ms / 1000)
            yield Played(cue, await self._perform(cue))

    async def _perform(self, cue: Cue) -> Outcome:
        """Send again after the wait that Telegram asks for, as often as a delivery may."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            outcome = await self._send(cue, attempt)
            if not isinstance(outcome, RetryLater):
                break
            await asyncio.sleep(outcome.after_ms / 1000)
        match outcome:
            case Unreachable():
                raise BotError(
                    "@{bot} cannot write to {chat}: open https://t.me/{bot}, press Start, and try again.",
                    bot=self.speaker.username,
                    chat=self.chat_id,
                )
            case Unauthorized():
                raise BotError(
                    "Telegram refuses the token of @{bot}: give the bot a new one.", bot=self.speaker.username
                )
        return outcome

    async def _send(self, cue: Cue, attempt: int) -> Outcome:
        content = choose(cue.block, self.person.language)
        rendered = render(content, self.person, self.speaker.username, lambda _row, _column, button: button.url)
        prepared = await self.sender.prepare(self.speaker, rendered)
        if isinstance(prepared, Busy):
            return not_sent(attempt)
        if isinstance(prepared, Missing):
            return Rejected(prepared.detail)
        try:
            return await self.sender.send(self.speaker, self.chat_id, prepared, cue.block.effects, attempt)
        finally:
            self.sender.release(self.speaker, prepared)
