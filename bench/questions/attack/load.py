"""The genuine load: people, an integrator, a balancer and the owner, all at once, and what came of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.harness.beside import beside
from bench.questions.attack.callers import Calls, look, report
from bench.questions.attack.judge import Answered, Seen
from bench.questions.attack.owner import Owner
from bench.questions.attack.scene import Scene
from bench.questions.attack.updates import Updates
from bench.questions.attack.watch import Watch


class Load:
    def __init__(self, scene: Scene, watch: Watch) -> None:
        self._scene = scene
        self._watch = watch
        self._updates = Updates(scene.client, [bot.id for bot in scene.bots])
        usernames = [bot.username for bot in scene.bots]
        self._owner = Owner(scene.client, scene.target.manager_id, scene.owner, usernames)
        self._reports, self._health = Calls(), Calls()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The load goes on while the block lasts; then what is under way comes to an end."""
        await self._updates.start()
        await self._owner.begin()
        target = self._scene.target
        url = f"http://{target.host}:{target.port}/v1/bots/{self._scene.bots[-1].id}/activity"
        endless = (
            self._updates.write(),
            self._updates.collect(),
            report(url, self._scene.key, self._updates.people[0].id, self._reports),
            look(target.host, target.port, self._health),
            self._owner.tap(),
            self._watch.run(),
        )
        async with beside(*map(asyncio.create_task, endless)):
            yield
        await self._updates.until_taken()

    async def seen(self) -> Seen:
        people = [person.id for person in self._updates.people]
        target = self._scene.target
        return Seen(
            Answered(self._updates.took_ms, self._updates.untaken),
            await self._updates.refused(),
            Answered(self._health.took_ms, self._health.failed),
            Answered(self._reports.took_ms, self._reports.failed),
            Answered(self._owner.screens.took_ms, self._owner.screens.failed),
            self._watch.growth_mib,
            self._watch.peak_mib,
            self._watch.log_bytes,
            await self._scene.invented_timers(people),
            self._watch.leaks([target.key, target.token]),
        )
