"""Telegram refuses, fails, hangs up and does not answer, as the sandbox can."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from bench.questions.chaos.ground import Act, Blow, Ground, Hold
from bench.questions.chaos.plan import Kind, Strike
from bench.questions.exactly_once.scene import now_ms
from bench.sandbox.protocol import Fault, FaultKind

_SEND: Final = "sendMessage"
_POLL: Final = "getUpdates"
_OFTEN: Final = 0.3
_RETRY_AFTER_S: Final = 2
_AFTERWARDS_MS: Final = 1_000
"""A bot goes on that soon after it was made to wait."""
_HUNG: Final = 2


async def _refuse(ground: Ground, strike: Strike) -> Blow:
    """One bot alone."""
    bot, from_ms = ground.bot(strike), now_ms()
    refusal = Fault(FaultKind.TOO_MANY_REQUESTS, bot=bot, method=_SEND, retry_after=_RETRY_AFTER_S)
    await _while_it_lasts(ground, strike, [refusal])
    return Blow(f"bot {bot}", hold=Hold(bot, from_ms, now_ms() + 1000 * _RETRY_AFTER_S + _AFTERWARDS_MS))


async def _fail(faults: Sequence[Fault], ground: Ground, strike: Strike) -> Blow:
    return Blow(f"{await _while_it_lasts(ground, strike, faults)} calls")


async def _while_it_lasts(ground: Ground, strike: Strike, faults: Sequence[Fault]) -> int:
    """Gives how many calls were struck."""
    client = ground.scene.client
    ids = {(await client.set_fault(fault)).id for fault in faults}
    await asyncio.sleep(strike.lasts_s)
    struck = sum(rule.used for rule in await client.faults() if rule.id in ids)
    for one in ids:
        await client.remove_fault(one)
    return struck


BY_TELEGRAM: Final[Mapping[Kind, Act]] = {
    Kind.TOO_MANY_REQUESTS: _refuse,
    Kind.INTERNAL_ERROR: partial(
        _fail, [Fault(FaultKind.INTERNAL_ERROR, method=method, probability=_OFTEN) for method in (_SEND, _POLL)]
    ),
    Kind.HANG: partial(_fail, [Fault(FaultKind.HANG, method=_SEND, count=_HUNG)]),
    Kind.ACCEPT_THEN_DROP: partial(_fail, [Fault(FaultKind.ACCEPT_THEN_DROP, method=_SEND, probability=_OFTEN)]),
    Kind.DROP_BEFORE_ACCEPT: partial(_fail, [Fault(FaultKind.DROP_BEFORE_ACCEPT, method=_SEND, probability=_OFTEN)]),
}
