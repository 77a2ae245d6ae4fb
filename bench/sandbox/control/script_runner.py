"""The people who play scripts inside the sandbox, and the requests about them."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence

from aiohttp import web

from bench.sandbox.change_signal import ChangeSignal
from bench.sandbox.control.json_routes import answer, body, path_number, wait
from bench.sandbox.people.actions import perform
from bench.sandbox.people.script_player import Actor
from bench.sandbox.people.scripts import MOST_PARTS, Playing, Script
from bench.sandbox.protocol import Act, ActResult, TranscriptMessage
from bench.sandbox.world.state import State
from bench.sandbox.world.transcript import next_from_bot, transcribed

_KEPT = 100


class InProcessWorld:
    """The world of people who play inside the sandbox's process."""

    def __init__(self, state: State, signal: ChangeSignal, clock: Callable[[], int]) -> None:
        self._state = state
        self._signal = signal
        self._clock = clock

    async def act(self, acts: Sequence[Act]) -> list[ActResult]:
        now_ms = self._clock()
        results = [perform(self._state, act, now_ms) for act in acts]
        self._signal.notify()
        return results

    async def next_message(
        self, bot: int | str, person: int, after: int = 0, wait: float = 10
    ) -> TranscriptMessage | None:
        conversation = self._state.conversation(self._state.bot_named(str(bot)), person)
        heard = asyncio.Event()
        conversation.heard = heard.set
        try:
            async with asyncio.timeout(wait):
                while (found := next_from_bot(conversation, after)) is None:
                    heard.clear()
                    await heard.wait()
        except TimeoutError:
            return None
        finally:
            conversation.heard = None
        return transcribed(found)


class _Play:
    """A script, its actors and the task in which they play."""

    def __init__(self, number: int, people: list[int], actors: list[Actor], task: asyncio.Task[None]) -> None:
        self.number = number
        self.people = people
        self.actors = actors
        self.task = task

    def progress(self) -> Playing:
        refused: Counter[str] = sum((actor.refused for actor in self.actors), Counter())
        acts = sum(actor.acts for actor in self.actors)
        return Playing(self.number, self.people, acts, dict(refused), self.task.done())


class ScriptRunner:
    def __init__(self, state: State, signal: ChangeSignal, clock: Callable[[], int]) -> None:
        self._state = state
        self._signal = signal
        self._world = InProcessWorld(state, signal, clock)
        self._plays: dict[int, _Play] = {}
        self._next_id = 1

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/scripts", self._list),
            web.post("/scripts", self._begin),
            web.get("/scripts/{script}", self._look),
            web.delete("/scripts/{script}", self._stop),
        ]

    def begin(self, script: Script) -> Playing:
        """Raises ValueError or LookupError for a script that cannot be played."""
        bots = [self._state.bot_named(name) for name in script.bots] or [*self._state.bots.values()]
        if len(bots) * script.people > MOST_PARTS:
            raise ValueError(f"{script.people} people with {len(bots)} bots are more than {MOST_PARTS} parts to play")
        people = [person.user.id for person in self._state.add_people(script.people)]
        number, self._next_id = self._next_id, self._next_id + 1
        actors = [
            Actor(self._world, bot.id, person, random.Random(f"script {script.seed} {at} {place}"))
            for place, bot in enumerate(bots)
            for at, person in enumerate(people)
        ]
        task = asyncio.get_running_loop().create_task(_all(actors, script))
        task.add_done_callback(lambda _: self._signal.notify())
        self._plays[number] = play = _Play(number, people, actors, task)
        self._drop_old()
        return play.progress()

    def forget(self) -> None:
        """Stop all scripts: their people are forgotten."""
        for play in self._plays.values():
            play.task.cancel()
        self._plays.clear()

    async def close(self) -> None:
        tasks = [play.task for play in self._plays.values()]
        self.forget()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _list(self, _: web.Request) -> web.Response:
        return answer([play.progress() for play in self._plays.values()])

    async def _begin(self, request: web.Request) -> web.Response:
        return answer(self.begin(await body(request, Script)))

    async def _look(self, request: web.Request) -> web.Response:
        """Answer how the script goes, as soon as it is over or `wait` has passed."""
        play = self._play(request)
        await self._signal.until(lambda: play.task.done() or None, wait(request))
        return answer(play.progress())

    async def _stop(self, request: web.Request) -> web.Response:
        play = self._play(request)
        play.task.cancel()
        await asyncio.wait({play.task})
        return answer(play.progress())

    def _play(self, request: web.Request) -> _Play:
        number = path_number(request, "script")
        if number not in self._plays:
            raise LookupError(f"there is no script {number}")
        return self._plays[number]

    def _drop_old(self) -> None:
        """Remember only the newest of the scripts that are over."""
        over = [number for number, play in self._plays.items() if play.task.done()]
        for number in over[:-_KEPT]:
            del self._plays[number]


async def _all(actors: Sequence[Actor], script: Script) -> None:
    async with asyncio.TaskGroup() as group:
        for actor in actors:
            group.create_task(actor.play(script))
