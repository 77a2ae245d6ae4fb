"""Each rule of the protocol is needed: without it, its story breaks a promise, and the random search finds a break too.

A mutant changes one thing: a line of a script or of a statement, which comes from the catalogue of known faults
(`bench/questions/mutants/catalogue`), or the order of two doors. The catalogue has all of them as changes of the text,
and names the stories of this file among the tests that must notice them.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import reduce
from pathlib import Path
from shutil import copytree
from typing import NamedTuple, TypeAlias

import pytest

from bench.questions.mutants.catalogue import MUTANTS as CATALOGUE
from bench.questions.mutants.mutant import Mutant as Fault
from engine.core.delivery.state_machine import Found
from storage.bundled import bundled
from storage.postgres import chats
from storage.postgres.deliveries import claim
from storage.postgres.deliveries.begin import Beginning, Begun
from storage.postgres.deliveries.claim import Claiming
from storage.postgres.deliveries.report import Report, Reported
from storage.postgres.statements import read_statement
from storage.redis import scripts
from storage.redis.timer_values import Fence, LastLook, NextTimer
from tests.model import stories
from tests.model.bounds import hunt
from tests.model.ground import Ground, open_ground
from tests.model.journeys import StoppingDoors
from tests.model.machine import search
from tests.model.promises import BrokenError
from tests.model.world import BOT, Rules, World

Story: TypeAlias = Callable[[World], Awaitable[None]]
EXAMPLES = 500
"""This number of random orders of events finds every mutant."""
LUA = bundled("lua")
CLOSE = "storage/postgres/close_returned.sql"
IN_CLAIM = "storage/postgres/deliveries/claim_deliveries.sql"


class FreshEpisodes(StoppingDoors):
    """An episode's id is the moment at which it begins."""

    async def begin(self, beginning: Beginning) -> Begun:
        return await super().begin(beginning._replace(episode_id=self.clock.now_ms()))


class EarlyLook(StoppingDoors):
    """The last look happens with the claim, before the wait for the pace."""

    fence = Fence.STALE

    async def begin(self, beginning: Beginning) -> Begun:
        if beginning.claiming:
            self.fence = await self.real.pass_(BOT, self.held.last_look)
        return await super().begin(beginning)

    async def claim(self, claiming: Claiming) -> Found:
        self.fence = await self.real.pass_(BOT, self.held.last_look)
        return await super().claim(claiming)

    async def look(self, _bot_id: int, _look: LastLook) -> Fence:
        return self.fence


class RedisFirst(StoppingDoors):
    """The next deadline is written to Redis before PostgreSQL has the outcome."""

    waiting: Report | None = None

    async def report(self, report: Report) -> Reported:
        self.waiting = report
        return Reported(report.status, report.reason, None, crossed=False)

    async def settle(self, bot_id: int, plan: NextTimer) -> Fence:
        fence = await super().settle(bot_id, plan)
        if self.waiting:
            await self.stop("last write")
            await self.real.report(self.waiting)
        return fence


class Mutant(NamedTuple):
    """`faults`: their names in the catalogue."""

    story: Story
    rules: Rules = Rules()
    faults: tuple[str, ...] = ()
    statement: str = ""
    """Removes the database's own guard, which would otherwise stop the mutant first."""
    searched: bool = True
    """False where a random search takes too long: then only the story shows the break."""


MUTANTS = {
    "the episode is not bound to the silence": Mutant(
        stories.the_answer_to_a_send_is_never_heard, Rules(doors=FreshEpisodes)
    ),
    "the claim does not look at the version of the row": Mutant(
        stories.a_slow_poller_wakes_up_during_a_send,
        faults=("claim-scheduled-without-version", "claim-sending-without-version"),
        statement="ALTER TABLE recovery_deliveries DISABLE TRIGGER recovery_deliveries_transition",
        searched=False,
    ),
    "the fence stands before the pacing": Mutant(
        stories.somebody_answers_while_a_send_waits_its_turn, Rules(doors=EarlyLook)
    ),
    "Redis is settled before PostgreSQL knows": Mutant(
        stories.a_poller_dies_between_its_two_last_writes, Rules(doors=RedisFirst)
    ),
    "the flush closes nothing": Mutant(
        stories.somebody_answers_between_two_steps,
        faults=("flush-closes-nothing",),
    ),
    "the pass leaves no mark": Mutant(
        stories.the_answer_to_a_send_is_never_heard,
        faults=("pass-without-mark",),
    ),
    "a process asks its own clock, which is ahead": Mutant(
        stories.a_silence_is_not_yet_long_enough, Rules(ahead_ms=5_000)
    ),
}


@pytest.fixture
def ground(database_url: str) -> Iterator[Ground]:
    with open_ground(None, database_url) as ground:
        yield ground


@pytest.fixture(params=[*MUTANTS])
def mutant(request: pytest.FixtureRequest) -> Mutant:
    mutant: Mutant = MUTANTS[request.param]
    return mutant


@pytest.fixture
def mutate(mutant: Mutant, ground: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if mutant.statement:
        ground.runner.run(ground.pool.execute(mutant.statement))
    monkeypatch.setattr(scripts, "_LUA", copytree(LUA, tmp_path / "lua"))
    faults = [CATALOGUE[name] for name in mutant.faults]
    for fault in faults:
        if fault.path.startswith("lua/"):
            script = tmp_path / fault.path
            script.write_text(fault.changed(script.read_text()))
        elif fault.path == CLOSE:
            monkeypatch.setattr(chats, "_CLOSE_RETURNED", fault.changed(chats._CLOSE_RETURNED))
    if in_claim := [fault for fault in faults if fault.path == IN_CLAIM]:
        function = reduce(_with, in_claim, read_statement("deliveries/claim_deliveries"))
        ground.runner.run(ground.pool.execute(function.replace("pg_temp", "public")))
        monkeypatch.setattr(claim, "CLAIM", claim.CLAIM.replace("pg_temp", "public"))


def _with(text: str, fault: Fault) -> str:
    return fault.changed(text)


def _tell(ground: Ground, mutant: Mutant, rules: Rules) -> None:
    async def tell() -> None:
        world = World(ground, rules)
        await world.open()
        try:
            await mutant.story(world)
        finally:
            await world.close()

    ground.runner.run(tell())


def test_a_story_keeps_every_promise(ground: Ground, mutant: Mutant) -> None:
    _tell(ground, mutant, Rules())


@pytest.mark.usefixtures("mutate")
def test_a_story_breaks_a_promise_without_its_rule(ground: Ground, mutant: Mutant) -> None:
    with pytest.raises(BrokenError):
        _tell(ground, mutant, mutant.rules)


@pytest.mark.parametrize("mutant", [name for name in MUTANTS if MUTANTS[name].searched], indirect=True)
@pytest.mark.usefixtures("mutate")
def test_the_search_finds_what_a_missing_rule_breaks(ground: Ground, mutant: Mutant) -> None:
    with pytest.raises(BrokenError):
        search(ground, mutant.rules, hunt(EXAMPLES))
