"""Which unknown outcomes a storm may leave."""

from bench.questions.chaos.doubtful import most_unknown, unexplained
from bench.questions.chaos.ground import Blow, Struck
from bench.questions.chaos.plan import Kind, Strike
from bench.questions.exactly_once.judge import Undecided, requests_of
from bench.questions.exactly_once.script import SEQUENCE
from bench.sandbox.protocol import Row
from tests.bench.questions.exactly_once.test_judge import (
    ACT,
    BOT,
    CHAT,
    DUE_ONE,
    DUE_TWO,
    ONE,
    PERSON,
    REPLY,
    TWO,
    broken,
    send,
)


def left(*rows: Row, place: int = 1, episode: int = ACT) -> dict[tuple[int, int], int]:
    chats, message = {CHAT: broken()}, SEQUENCE[place]
    doubt = Undecided(BOT, PERSON, episode, message.step, message.block)
    return unexplained(chats, requests_of(chats, rows), [doubt])


def test_a_send_that_was_broken_off_explains_its_unknown_outcome() -> None:
    assert left(send(ONE, DUE_ONE), send(TWO, DUE_TWO, ok=None, broken_off="client")) == {}


def test_nothing_else_explains_it() -> None:
    assert left(send(ONE, DUE_ONE), send(TWO, DUE_TWO)) == {CHAT: 1}
    assert left(send(ONE, DUE_ONE, broken_off="client"), send(TWO, DUE_TWO)) == {CHAT: 1}
    assert left() == {CHAT: 1}
    assert left(send(TWO, DUE_TWO, broken_off="client"), episode=REPLY) == {CHAT: 1}


def test_each_broken_send_and_each_killed_poller_may_leave_one() -> None:
    blows = [Blow("poller-0-0", killed_pollers=1), Blow("poller-1-0", killed_pollers=1), Blow("valkey")]
    struck = [Struck(Strike(9.0, Kind.KILL_POLLER, 0, 0.1), blow, 0, 0) for blow in blows]
    assert most_unknown(3, struck) == 5
    assert most_unknown(0, []) == 0
