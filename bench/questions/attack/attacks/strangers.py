"""1,200 people who are no admins write to the manager, and guess invitations."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Final

from bench.questions.attack.target import Target
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act, PersonInfo

_STRANGERS: Final = 1_200
_RATE: Final = 2_000
"""Updates a second: more of them would measure how fast the sandbox gives them out."""
_TURN_S: Final = 0.1
_INVITATION_BYTES: Final = 24


async def attack(target: Target, counts: Counter[str]) -> None:
    async with SandboxClient(target.control_url) as client:
        strangers = await client.add_people(_STRANGERS)
        began, each = asyncio.get_running_loop().time(), int(_RATE * _TURN_S)
        for turn in count():
            await asyncio.sleep(max(0.0, began + turn * _TURN_S - asyncio.get_running_loop().time()))
            acts = _acts(target.manager_id, strangers, range(turn * each, (turn + 1) * each))
            await client.act(acts)
            counts.update(act.deed for act in acts)


def _acts(manager: int, strangers: Sequence[PersonInfo], numbers: range) -> list[Act]:
    """Everybody in turn, who writes and guesses in turn."""
    return [
        _guess(manager, strangers[number % _STRANGERS].id)
        if (number + number // _STRANGERS) % 2
        else Act("write", manager, strangers[number % _STRANGERS].id, text="hello")
        for number in numbers
    ]


def _guess(manager: int, person: int) -> Act:
    return Act("start", manager, person, payload=secrets.token_urlsafe(_INVITATION_BYTES))
