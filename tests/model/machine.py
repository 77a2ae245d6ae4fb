"""The events of the world in any order: Hypothesis decides what happens next, and finds the shortest way to harm."""

from collections.abc import Coroutine
from functools import partial
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
from tests.model.world import HALTS, VARIANTS, Rules, World

CHATS = st.integers(1, 2)
PICKS = st.integers(0, 3)
OUTCOMES = st.sampled_from(["accepted", "accepted", *ANSWERS])
STOPS = st.sampled_from(["claim", "pass", "send", "answer", "report", "settle"])
CRASHES = st.sampled_from(["", "", "before", "after"])


def search(ground: Ground, rules: Rules, bounds: settings) -> None:
    """Raise BrokenError for the first promise that can be broken within the bounds."""
    run_state_machine_as_test(cast("Any", partial(Machine, ground, rules)), settings=bounds)


class Machine(RuleBasedStateMachine):
    def __init__(self, ground: Ground, rules: Rules) -> None:
        super().__init__()
        self._ground = ground
        self._sound = True
        self._repeatable: tuple[int, int] | None = None
        self.world = World(ground, rules)
        self._do(self.world.open())

    def _do(self, event: Coroutine[Any, Any, Any]) -> None:
        """After a broken promise nothing more is asked of this world."""
        self._sound, sound = False, self._sound
        self._ground.runner.run(event)
        self._sound = sound

    def _journey(self, pick: int) -> Journey:
        return self.world.journeys[pick % len(self.world.journeys)]

    def _under_way(self) -> bool:
        return bool(self.world.journeys)

    @rule(chat=CHATS, late_s=st.integers(0, 4))
    def dated_touch(self, chat: int, late_s: int) -> None:
        second = self.world.clock.now_ms() // 1000 - late_s
        self._repeatable = (chat, second * 1000 + 999)
        self._do(self.world.sign(*self._repeatable))

    @rule(chat=CHATS)
    def undated_touch(self, chat: int) -> None:
        self._do(self.world.sign(chat))

    @precondition(lambda self: self._repeatable)
    @rule()
    def repeated_touch(self) -> None:
        assert self._repeatable
        self._do(self.world.sign(*self._repeatable))

    @rule(chat=CHATS, answer=OUTCOMES)
    def silence_and_first_send(self, chat: int, answer: str) -> None:
        """The common way to somewhere interesting."""
        self._do(self.world.sign(chat))
        self._do(self.world.pass_time(2_000))
        self._do(self.world.claim())
        if self.world.journeys:
            self._do(self.world.run(self.world.journeys[-1], "", answer))

    @rule(ms=st.sampled_from([1, 400, 1_000, 2_000, 2_000, 3_100, 3_100, 5_000]))
    def time_passes(self, ms: int) -> None:
        self._do(self.world.pass_time(ms))

    @rule(ms=st.sampled_from([1_000, 3_000, 6_000]))
    def time_passes_without_feed(self, ms: int) -> None:
        self._do(self.world.pass_time(ms, feed=False))

    @rule()
    def long_time_passes(self) -> None:
        self._do(self.world.pass_time(61_000))
        self._do(self.world.reap())

    @rule(limit=st.integers(1, 3), epoch=st.integers(1, 2), refresh=st.booleans())
    def claim(self, limit: int, epoch: int, *, refresh: bool) -> None:
        if refresh:
            self._do(self.world.refresh())
        self._do(self.world.claim(limit, epoch))

    @precondition(_under_way)
    @rule(pick=PICKS, until=STOPS, answer=OUTCOMES)
    def journey_goes_on(self, pick: int, until: str, answer: str) -> None:
        self._do(self.world.run(self._journey(pick), until, answer))

    @precondition(_under_way)
    @rule(pick=PICKS, answer=OUTCOMES)
    def journey_ends(self, pick: int, answer: str) -> None:
        self._do(self.world.run(self._journey(pick), "", answer))

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

    @rule()
    def flush(self) -> None:
        self._do(self.world.flush())

    @rule(chat=CHATS, crash=CRASHES)
    def pay(self, chat: int, crash: str) -> None:
        self._do(self.world.pay(chat, crash))

    @rule(chat=CHATS, crash=CRASHES)
    def block(self, chat: int, crash: str) -> None:
        self._do(self.world.block(chat, crash))

    @rule(how=st.sampled_from([*HALTS]))
    def halt(self, how: str) -> None:
        self._do(self.world.halt(how))

    @rule()
    def resume(self) -> None:
        self._do(self.world.resume())

    @rule(variant=st.sampled_from([*VARIANTS]))
    def publish(self, variant: str) -> None:
        self._do(self.world.publish(variant))

    @rule(rebuild=st.booleans())
    def redis_is_lost(self, *, rebuild: bool) -> None:
        self._do(self.world.lose_redis())
        if rebuild:
            self._do(self.world.rebuild())

    @rule()
    def rebuild(self) -> None:
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
