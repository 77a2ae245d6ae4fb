"""Sets the faults, has the people come once, and waits until everything has ended or time is up.

Chats that do not end do not stop the run: the judge reports them.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from bench.harness.stack import Stack
from bench.questions.faults.judge import Chat
from bench.questions.faults.ledger import Ledger
from bench.questions.faults.script import Part
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act

LOOK_S: Final = 0.25
_PATIENCE_S: Final = 90.0
"""Counted from when the refused bots go on: anything that has not ended by then is stuck."""


async def set_faults(client: SandboxClient, parts: Mapping[Chat, Part]) -> None:
    for chat, part in parts.items():
        await client.set_fault(part.fault(*chat))


async def come(client: SandboxClient, parts: Mapping[Chat, Part]) -> None:
    """Each person starts the bot, and then falls silent."""
    await client.act([Act("start", bot, person) for bot, person in parts])


async def until_over(stack: Stack, ledger: Ledger, chats: int) -> None:
    """Raises RecoveryError if a process fails."""
    give_up = time.monotonic() + _PATIENCE_S
    while await ledger.episodes() < chats or await ledger.under_way():
        stack.check_alive()
        if time.monotonic() > give_up:
            return
        await asyncio.sleep(LOOK_S)
