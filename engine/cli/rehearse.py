"""`python -m engine rehearse @bot CHAT_ID`: plays the sequence, or one step, to an admin, sixty times as fast.

It takes the draft, as it stands, past every gate and every table: nothing of it counts, or is a delivery. Links lead
straight to their targets.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import NamedTuple

from engine.administration import bots, campaign_views
from engine.core.bot_identity import Speaker
from engine.core.campaign.snapshot import choose
from engine.core.content.rendering import render
from engine.core.content.templates import Person
from engine.core.delivery.outcome import (
    MAX_ATTEMPTS,
    Outcome,
    Rejected,
    RetryLater,
    Sent,
    Unauthorized,
    Unknown,
    Unreachable,
    not_sent,
)
from engine.core.delivery.rehearsal import Cue, cues
from engine.core.errors import BotError
from engine.media.uploads import Busy, Missing, Uploads
from engine.runtime.process import command
from engine.security.vault import Vault
from engine.settings import Settings, load_settings
from engine.telegram import Sender
from storage.postgres.pool import open_pool


class Played(NamedTuple):
    """A block and what came of it: None while it is waited for."""

    cue: Cue
    outcome: Outcome | None


class Rehearsal(NamedTuple):
    sender: Sender
    speaker: Speaker
    chat_id: int
    person: Person

    async def play(self, played: Iterable[Cue]) -> AsyncIterator[Played]:
        """Block after block, each told before it is waited for and after it was sent.

        Raises BotError if the bot cannot write to the admin.
        """
        for cue in played:
            yield Played(cue, None)
            await asyncio.sleep(cue.wait_ms / 1000)
            yield Played(cue, await self._say(cue))

    async def _say(self, cue: Cue) -> Outcome:
        """An answer that asks for patience is obeyed."""
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


def told(played: Played) -> str:
    """One line for people."""
    what = f"step {played.cue.step}, block {played.cue.block.key}"
    match played.outcome:
        case None:
            return f"{what}: in {played.cue.wait_ms / 1000:.0f} s"
        case Sent():
            return f"{what}: sent"
        case Rejected(detail):
            return f"{what}: Telegram refuses it: {detail}"
        case Unknown(detail):
            return f"{what}: it may have arrived ({detail})"
    return f"{what}: not sent, Telegram asks for patience; try again in a minute"


async def rehearse(settings: Settings, bot: str, chat_id: int, only_step: str | None) -> None:
    """Play it, and tell block by block how it goes. Raises RecoveryError with the mend."""
    pool = await open_pool(settings.database_url)
    sender = Sender(settings.telegram_api_url, Uploads(pool, settings.media_dir))
    try:
        draft, person = await campaign_views.rehearsed(pool, bot, chat_id)
        speaker = await bots.speaker(pool, Vault(settings.encryption_keys), bot)
        rehearsal = Rehearsal(sender, speaker, chat_id, person)
        async for played in rehearsal.play(cues(draft, time.time_ns() // 1_000_000, only_step)):
            sys.stdout.write(f"{told(played)}\n")
            sys.stdout.flush()
    finally:
        await sender.close()
        await pool.close()


@command
def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m engine rehearse",
        description="Play the draft to somebody who has started the bot, sixty times as fast. Nothing of it counts.",
    )
    parser.add_argument("bot", metavar="@bot")
    parser.add_argument("chat", type=int, metavar="CHAT_ID")
    parser.add_argument("--step", metavar="KEY", help="only this step")
    given = parser.parse_args(arguments)
    asyncio.run(rehearse(load_settings(), given.bot, given.chat, given.step))
