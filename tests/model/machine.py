"""The events of the world in any order: Hypothesis picks the next one, and shrinks what breaks a promise."""

import sys
from collections.abc import Coroutine
from typing import Any, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.model.ground import Ground
from tests.model.journeys import ANSWERS, Journey
from tests.model.pollers import COUNTS
from tests.model.world import HALTS, VARIANTS, Rules, World

CHATS = st.integers(1, 2)
POLLERS = st.sampled_from(["this", "this", "an older", "a newer"])
RECEIVERS = st.integers(0, 1)
PICKS = st.integers(0, 3)
OUTCOMES = st.sampled_from(["accepted", "accepted", *ANSWERS])
STOPS = st.sampled_from(["claim", "pass", "send", "answer", "report", "settle", "last write", ""])
CRASHES = st.sampled_from(["", "", "before", "after"])


def search(ground: Ground, rules: Rules, bounds: settings, kind: "type[Machine] | None" = None) -> None:
    """Raise BrokenError for the first promise that can be broken within the bounds. Prints how far it came."""
    sequences = 0

    def begin() -> Machine:
        nonlocal sequences
        sequences += 1
        return (kind or Machine)(ground, rules)

    try:
        run_state_machine_as_test(cast("Any", begin), settings=bounds)
    finally:
        sys.stdout.write(f"{sequences} sequences\n")


class Machine(RuleBasedStateMachine):
    def __init__(self, ground: Ground, rules: Rules) -> None:
        super().__init__()
        self._ground = ground
        self._sound = True
        self._repeatable: tuple[int, int] | None = None
        self.world = World(ground, rules)
        self._do(self.world.open())

    def _do(self, event: Coroutine[Any, Any, Any]) -> None:
        """After a broken promise this world is not asked to come to rest."""
        self._sound, sound = False, self._sound
        self._ground.runner.run(event)
        self._sound = sound

    def _journey(self, pick: int) -> Journey:
        return self.world.journeys[pick % len(self.world.journeys)]

    def _under_way(self) -> bool:
        return bool(self.world.journeys)

    @rule(
        chat=CHATS,
        late_s=st.sampled_from([0, 0, 1, 4]),
        kind=st.sampled_from(["dated", "undated", "repeated"]),
        by=RECEIVERS,
    )
    def touch(self, chat: int, late_s: int, kind: str, by: int) -> None:
        sign = (chat, (self.world.clock.now_ms() // 1000 - late_s) * 1000 + 999 if kind == "dated" else 0)
        if kind == "repeated":
            sign = self._repeatable or sign
        self._repeatable = sign if sign[1] else self._repeatable
        self._do(self.world.sign(*sign, by=by))

    @rule(chat=CHATS, until=STOPS, answer=OUTCOMES)
    def somebody_falls_silent(self, chat: int, until: str, answer: str) -> None:
        """A shortcut to an interesting state: a first send is under way."""
        self._do(self.world.resume())
        self._do(self.world.sign(chat))
        self._do(self.world.pass_time(2_000))
        self._take_over(until, answer)

    @rule(until=STOPS, answer=OUTCOMES)
    def the_next_is_due(self, until: str, answer: str) -> None:
        """A lease lapses or a further block falls due, and a poller claims it."""
        self._do(self.world.pass_time(3_100))
        self._take_over(until, answer)

    def _take_over(self, until: str, answer: str) -> None:
        self._do(self.world.refresh())
        self._do(self.world.turn())
        if self.world.journeys:
            self._do(self.world.run(self.world.journeys[-1], until, answer))

    @rule(ms=st.sampled_from([1, 400, 1_000, 2_000, 5_000, 61_000]), feed=st.sampled_from([True, True, False]))
    def time_passes(self, ms: int, *, feed: bool) -> None:
        self._do(self.world.pass_time(ms, feed=feed))

    @rule(limit=st.integers(1, 3), fresh=st.integers(0, 2), poller=POLLERS)
    def claim(self, limit: int, fresh: int, poller: str) -> None:
        """The poller uses the campaign as it was at its last refresh."""
        self._do(self.world.claim_as(poller, limit, fresh))

    @precondition(_under_way)
    @rule(pick=PICKS, until=STOPS, answer=OUTCOMES)
    def journey_goes_on(self, pick: int, until: str, answer: str) -> None:
        self._do(self.world.run(self._journey(pick), until, answer))

    @precondition(_under_way)
    @rule(pick=PICKS, until=STOPS, answer=OUTCOMES)
    def poller_dies(self, pick: int, until: str, answer: str) -> None:
        journey = self._journey(pick)
        self._do(self.world.run(journey, until, answer))
        self._do(self.world.die(journey))

    @precondition(_under_way)
    @rule()
    def leases_are_renewed(self) -> None:
        self._do(self.world.extend())

    @rule(reap=st.booleans())
    def what_waits_is_written(self, *, reap: bool) -> None:
        self._do(self.world.flush())
        if reap:
            self._do(self.world.reap())

    @rule(chat=CHATS, crash=CRASHES, by=RECEIVERS, pays=st.booleans())
    def somebody_pays_or_blocks(self, chat: int, crash: str, by: int, *, pays: bool) -> None:
        self._do((self.world.pay if pays else self.world.block)(chat, crash, by))

    @rule(how=st.sampled_from([*HALTS]))
    def an_admin_halts_or_resumes(self, how: str) -> None:
        halted = self.world.promises.halted_at_ms is not None
        self._do(self.world.resume() if halted else self.world.halt(how))

    @rule(variant=st.sampled_from([*VARIANTS]))
    def an_admin_publishes(self, variant: str) -> None:
        self._do(self.world.publish(variant))

    @rule(lost=st.sampled_from([True, True, False]), rebuild=st.booleans())
    def redis_is_lost_or_rebuilt(self, *, lost: bool, rebuild: bool) -> None:
        if lost:
            self._do(self.world.lose_redis())
        if rebuild or not lost:
            self._do(self.world.rebuild())

    @invariant()
    def promises_are_kept(self) -> None:
        self._do(self.world.check())

    def teardown(self) -> None:
        try:
            if self._sound:
                self._do(self.world.come_to_rest())
        finally:
            self._ground.runner.run(self.world.close())


class FailingServers(Machine):
    """Redis and PostgreSQL fail too, one call at a time."""

    @precondition(Machine._under_way)
    @rule(pick=PICKS, until=STOPS, answer=OUTCOMES, fails=st.sampled_from(["before", "after"]), again=st.booleans())
    def a_server_fails(self, pick: int, until: str, answer: str, fails: str, *, again: bool) -> None:
        journey = self._journey(pick)
        self._do(self.world.run(journey, until, answer))
        for _ in range(1 + again):
            if not journey.done:
                journey.doors.fails = fails
                self._do(self.world.step(journey, answer))


class Storm(FailingServers):
    """Receivers, pollers and Redis itself are replaced by others too, which know what they were told."""

    @rule()
    def another_receiver_has_the_feed(self) -> None:
        self._do(self.world.hand_over_the_feed())

    @rule(count=st.sampled_from(COUNTS), pick=PICKS)
    def the_number_of_shards_changes(self, count: int, pick: int) -> None:
        """One poller has heard of it, the others act on what they knew."""
        self._do(self.world.pollers.reshard(count))
        self._do(self.world.pollers.look(pick))

    @rule(pick=PICKS)
    def a_poller_looks_at_its_shard(self, pick: int) -> None:
        self._do(self.world.pollers.look(pick))

    @rule(fails=st.booleans())
    def redis_is_replicated_or_fails_over(self, *, fails: bool) -> None:
        self._do(self.world.fail_over() if fails else self.world.replicate())
