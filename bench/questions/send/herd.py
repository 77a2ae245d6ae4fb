"""Has everybody fall due at once: they fall silent behind the emergency stop, which is then released."""

import asyncio
import time
from typing import Final

from bench.harness import emergency_stop, process_usage
from bench.harness.cpu import used_s
from bench.harness.scene import Scene
from bench.harness.stores import armed_timers
from bench.questions.send.figures import Figures, Herd, figures
from bench.sandbox.protocol import Act, LimitRules
from engine.core.errors import RecoveryError

_AT_ONCE: Final = 2_000
_PATIENCE_S: Final = 120.0
_LOOK_S: Final = 0.2
_REST_S: Final = 4.0
"""Until the last long polls of the writers are over."""
UNLIMITED: Final = LimitRules(bot_per_second=None, paid_per_second=None, chat_per_second=None)
_WRITTEN: Final = "SELECT count(*) FROM chats"


async def gather(scene: Scene, herd: Herd) -> list[int]:
    """New people write once to each bot of the herd and are due, but nothing is sent. Gives the people."""
    await scene.sandbox.set_limits(LimitRules() if herd.limited else UNLIMITED)
    await emergency_stop.set_pace(scene.stack.settings, scene.bots, herd.pace)
    await emergency_stop.stop(scene.stack.settings)
    known = int(await scene.pool.fetchval(_WRITTEN))
    people = [person.id for person in await scene.sandbox.add_people(herd.chats)]
    acts = [Act("write", bot, person, text="Olá!") for person in people for bot in scene.ids[: herd.bots]]
    for start in range(0, len(acts), _AT_ONCE):
        await scene.sandbox.act(acts[start : start + _AT_ONCE])
    await _until_at_rest(scene, len(acts), known + len(acts))
    return people


async def _until_at_rest(scene: Scene, armed: int, written: int) -> None:
    """Raises RecoveryError if it takes too long."""
    give_up = time.monotonic() + _PATIENCE_S
    while (await _armed(scene), int(await scene.pool.fetchval(_WRITTEN))) != (armed, written):
        scene.stack.check_alive()
        if time.monotonic() > give_up:
            raise RecoveryError(f"Not all of {armed} chats were armed and stored within {_PATIENCE_S:.0f} s.")
        await asyncio.sleep(_LOOK_S)
    await asyncio.sleep(_REST_S)


async def _armed(scene: Scene) -> int:
    return sum((await armed_timers(scene.redis, scene.ids)).values())


async def release(scene: Scene, herd: Herd) -> Figures:
    """Everybody is sent to. Raises RecoveryError if it takes too long."""
    cursor, violations = (await scene.sandbox.record()).cursor, (await scene.sandbox.violations()).count
    sent = (await scene.sandbox.counters()).messages
    processes = process_usage.processes(scene.stack.pids)
    before = used_s(processes)
    since_ms = await emergency_stop.resume(scene.stack.settings)
    await _until_sent(scene, sent + herd.messages)
    after = used_s(processes)
    rows = (await scene.sandbox.record(cursor)).rows
    new_violations = (await scene.sandbox.violations()).count - violations
    return figures(herd, rows, since_ms, new_violations, (before, after))


async def _until_sent(scene: Scene, messages: int) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while (sent := (await scene.sandbox.counters()).messages) < messages or await _armed(scene):
        scene.stack.check_alive()
        if time.monotonic() > give_up:
            raise RecoveryError(f"{messages - sent} messages were not sent within {_PATIENCE_S:.0f} s.")
        await asyncio.sleep(_LOOK_S)
