"""Strikes as planned: the series side by side, and within a series one strike after another."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Final

from bench.questions.chaos.ground import Act, Ground, Struck
from bench.questions.chaos.plan import STORM, Kind, Series, Strike, plan
from bench.questions.chaos.strikes_by_telegram import BY_TELEGRAM
from bench.questions.chaos.strikes_on_processes import ON_PROCESSES
from bench.questions.chaos.strikes_on_servers import ON_SERVERS
from bench.questions.exactly_once.scene import now_ms

ACTS: Final[Mapping[Kind, Act]] = {**ON_PROCESSES, **ON_SERVERS, **BY_TELEGRAM}


async def strike_all(ground: Ground, seconds: int, seed: int, say: Callable[[str], None]) -> list[Struck]:
    """Gives the strikes in the order of their beginning. Raises RecoveryError."""
    began_s = time.monotonic()
    struck = await asyncio.gather(
        *(_strike_in_turn(ground, series, plan(series, seconds, seed), began_s, say) for series in STORM)
    )
    return sorted(chain(*struck), key=lambda one: one.began_ms)


async def _strike_in_turn(
    ground: Ground, series: Series, strikes: Sequence[Strike], began_s: float, say: Callable[[str], None]
) -> list[Struck]:
    """A strike that took longer than planned delays the next one: the rest between them is kept."""
    struck, rested_s = [], began_s
    for strike in strikes:
        await asyncio.sleep(max(began_s + strike.at_s, rested_s) - time.monotonic())
        struck.append(await _strike(ground, strike))
        say(f"{time.monotonic() - began_s:6.1f} s  {strike.kind.replace('_', ' ')}: {struck[-1].blow.whom}")
        rested_s = time.monotonic() + series.rest_s
    return struck


async def _strike(ground: Ground, strike: Strike) -> Struck:
    began_ms = now_ms()
    blow = await ACTS[strike.kind](ground, strike)
    return Struck(strike, blow, began_ms, now_ms())
