"""`python -m bench.questions.peers.ours_fire`: how late this engine is for the same load, as one line of JSON.

Late is from the due to the committed claim of a unique row: the send would be next. Its own pollers claim on servers of
their own, and every send is answered at once. Its timers are armed as people fall silent, while others fall due, and
not all beforehand.
"""

import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from bench.harness.scene import Scene, null_scene
from bench.harness.stack import Stack, running_stack
from bench.harness.steadily import steadily
from bench.questions.peers.figures import Lateness, lateness
from bench.questions.peers.scripts.protocol import ASKED, say

_THRESHOLD_MS: Final = 3_000
_CAMPAIGN: Final = f"""\
threshold: {_THRESHOLD_MS // 1000}s
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks: ["Still there?"]
"""
_BOTS: Final = 60
_POLLERS: Final = 2
_WARM_S: Final = 3.0
"""Plans and connections are made in this time, which is not measured."""


async def _fire(stack: Stack, rate: int, seconds: float) -> Lateness:
    async with AsyncExitStack() as contexts:
        scene = await null_scene(stack, contexts, _CAMPAIGN, threshold_ms=_THRESHOLD_MS, bots=_BOTS, pollers=_POLLERS)
        return await _measure(scene, rate, seconds)


async def _measure(scene: Scene, rate: int, seconds: float) -> Lateness:
    since_ms = time.time_ns() / 1e6 + _THRESHOLD_MS + 1000 * _WARM_S
    silent = await steadily(rate, _WARM_S + seconds, scene.road.fall_silent)
    await asyncio.sleep(_THRESHOLD_MS / 1000)
    await scene.until_settled(silent)
    seen = [one for one in await scene.stop_pollers() if one.due_ms >= since_ms]
    claimed_s = {number: one.claimed_us / 1e6 for number, one in enumerate(seen)}
    return lateness([one.due_ms / 1000 for one in seen], claimed_s, time.time())


def _main() -> None:
    with tempfile.TemporaryDirectory(prefix="peers-") as directory, running_stack(Path(directory)) as stack:
        say(**asyncio.run(_fire(stack, ASKED["rate"], ASKED["seconds"]))._asdict())


if __name__ == "__main__":
    _main()
