"""Sets the faults, lets the people come once, and waits until all is over, or nobody believes in it any more.

What does not come to its end is no reason to end the run: it is what is judged.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from bench.harness.stack import House
from bench.questions.faults.judge import Chat
from bench.questions.faults.ledger import Ledger
from bench.questions.faults.script import Part
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act

LOOK_S: Final = 0.25
_PATIENCE_S: Final = 90.0
"""Once the refused bots go on: what has not come to its end by then is stuck."""


async def set_faults(client: SandboxClient, parts: Mapping[Chat, Part]) -> None:
    for chat, part in parts.items():
        await client.set_fault(part.fault(*chat))


async def come(client: SandboxClient, parts: Mapping[Chat, Part]) -> None:
    """Each person starts the bot, and is silent from then on."""
    await client.act([Act("start", bot, person) for bot, person in parts])


async def until_over(house: House, engine: Ledger, chats: int) -> None:
    """Raises RecoveryError if a process fails."""
    give_up = time.monotonic() + _PATIENCE_S
    while await engine.episodes() < chats or await engine.under_way():
        house.check_alive()
        if time.monotonic() > give_up:
            return
        await asyncio.sleep(LOOK_S)
