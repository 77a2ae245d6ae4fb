"""Processes are killed, frozen, deployed and divided anew, while sends are under way."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from bench.questions.chaos.crew import MANAGER, MORE_SHARDS, POLLERS, SHARDS, Post
from bench.questions.chaos.ground import Act, Blow, Ground, feeding_receiver, serving_poller
from bench.questions.chaos.plan import Kind, Strike
from bench.questions.exactly_once.scene import LOOK_S, Victim, now_ms
from engine.core.errors import RecoveryError

_SENDS_WITHIN_S: Final = 3.0
_RESHARDS: Final = 5


async def _kill_poller(ground: Ground, strike: Strike) -> Blow:
    async with ground.scene.slow_sends():
        victim = await serving_poller(ground, strike)
        await _until_sending(ground, victim)
        ground.crew.kill(victim.name)
    return Blow(victim.name, killed_pollers=1)


async def _freeze_poller(ground: Ground, strike: Strike) -> Blow:
    """Another one takes over meanwhile."""
    async with ground.scene.slow_sends():
        victim = await serving_poller(ground, strike)
        await _until_sending(ground, victim)
        ground.scene.stack.freeze(victim.name)
    return await _thaw(ground, strike, victim)


async def _kill_receiver(ground: Ground, strike: Strike) -> Blow:
    """It lasts until another one may have the feeds: what it had not written down yet stands in Redis alone."""
    victim = await feeding_receiver(ground, strike)
    ground.crew.kill(victim.name)
    killed_ms = now_ms()
    await asyncio.sleep(strike.lasts_s)
    return Blow(victim.name, recoverable_ms=killed_ms)


async def _freeze_receiver(ground: Ground, strike: Strike) -> Blow:
    """Another one takes over meanwhile."""
    victim = await feeding_receiver(ground, strike)
    ground.scene.stack.freeze(victim.name)
    return await _thaw(ground, strike, victim)


async def _thaw(ground: Ground, strike: Strike, victim: Victim) -> Blow:
    frozen_ms = now_ms()
    await asyncio.sleep(strike.lasts_s)
    ground.scene.stack.thaw(victim.name)
    return Blow(victim.name, recoverable_ms=frozen_ms)


async def _kill_manager(ground: Ground, _: Strike) -> Blow:
    (name,) = ground.crew.of(MANAGER.role)
    ground.crew.kill(name)
    return Blow(name)


async def _deploy(ground: Ground, _: Strike) -> Blow:
    """One process after the other. Sends under way at the old ones are finished there."""
    names = ground.crew.names
    for name in names:
        if name in ground.crew.names:
            await ground.crew.replace(name)
    return Blow(f"{len(names)} processes")


async def _reshard(ground: Ground, _: Strike) -> Blow:
    """From two shards to three, or back."""
    before = (await ground.scene.evidence.shards()).shards
    after = MORE_SHARDS if before == SHARDS else SHARDS
    post = Post("poller", SHARDS)
    if after > before:
        await ground.crew.until_ready(ground.crew.hire(post, POLLERS))
    else:
        ground.crew.dissolve(post)
    await _set_shards(ground, after)
    return Blow(f"{before} to {after} shards")


async def _set_shards(ground: Ground, shards: int) -> None:
    """As an operator, who tries again if the command fails. Raises RecoveryError."""
    for attempt in range(1, _RESHARDS + 1):
        try:
            await ground.scene.stack.set_shards(shards)
        except RecoveryError:
            if attempt == _RESHARDS:
                raise
        else:
            return


async def _until_sending(ground: Ground, victim: Victim) -> None:
    """A strike between two sends is a weak one: wait a little for a better moment."""
    give_up = time.monotonic() + _SENDS_WITHIN_S
    while time.monotonic() < give_up and not await ground.scene.under_way(victim):  # noqa: ASYNC110 - the record is polled
        await asyncio.sleep(LOOK_S)


ON_PROCESSES: Final[Mapping[Kind, Act]] = {
    Kind.KILL_POLLER: _kill_poller,
    Kind.FREEZE_POLLER: _freeze_poller,
    Kind.KILL_RECEIVER: _kill_receiver,
    Kind.FREEZE_RECEIVER: _freeze_receiver,
    Kind.KILL_MANAGER: _kill_manager,
    Kind.DEPLOY: _deploy,
    Kind.RESHARD: _reshard,
}
