"""A token that is refused for good: its bot is suspended, and goes on once it gets a token that works.

Between the suspension and the new token, the bot must send nothing and lose nothing.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from bench.questions.faults.judge import Chat, Finding, Wrong
from bench.questions.faults.ledger import Ledger
from bench.questions.faults.play import LOOK_S
from bench.questions.faults.script import Part
from bench.sandbox.bot_api.counted_calls import sends
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import BotInfo, Fault, FaultKind
from engine.administration import registration
from engine.core.errors import RecoveryError
from engine.settings import Secret, Settings

_PATIENCE_S: Final = 120.0
_HELD_S: Final = 3.0
"""How long the bench checks that nothing is sent."""


async def suspend_and_resume(
    settings: Settings, client: SandboxClient, ledger: Ledger, infos: Sequence[BotInfo], parts: Mapping[Chat, Part]
) -> list[Finding]:
    """Raises RecoveryError if the bots are not suspended in time."""
    struck = {chat: part for chat, part in parts.items() if part.case.suspends}
    victims = [info for info in infos if info.id in {bot for bot, _ in struck}]
    for info in victims:
        await client.set_fault(Fault(FaultKind.UNAUTHORIZED, bot=info.id, method="getMe"))
    await _until_suspended(ledger, victims)
    found = await _held(client, ledger, struck)
    await _resume(settings, client, victims)
    return found


async def _until_suspended(ledger: Ledger, victims: Sequence[BotInfo]) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while (suspended := await ledger.suspended({info.id for info in victims})) < len(victims):
        if time.monotonic() > give_up:
            raise RecoveryError(
                f"Of {len(victims)} bots with a refused token, {suspended} were suspended within {_PATIENCE_S:.0f} s."
            )
        await asyncio.sleep(LOOK_S)


async def _held(client: SandboxClient, ledger: Ledger, struck: Mapping[Chat, Part]) -> list[Finding]:
    """Anything that is lost or sent in the meantime."""
    cursor = (await client.record()).cursor
    await asyncio.sleep(_HELD_S)
    chats = Counter(bot for bot, _ in struck)
    sent = [row for row in (await client.record(cursor)).rows if row.bot_id in chats and sends(row.method.lower())]
    armed = await ledger.armed(chats)
    return [
        *(Finding(Wrong.NOT_HELD, (row.bot_id, row.chat_id or 0), "a suspended bot sent something") for row in sent),
        *(Finding(Wrong.NOT_HELD, chat, "its bot lost timers") for chat in struck if armed[chat[0]] < chats[chat[0]]),
    ]


async def _resume(settings: Settings, client: SandboxClient, victims: Sequence[BotInfo]) -> None:
    ids = {info.id for info in victims}
    for rule in await client.faults():
        if rule.fault.bot in ids:
            await client.remove_fault(rule.id)
    for info in victims:
        await registration.add(settings, Secret(info.token))
