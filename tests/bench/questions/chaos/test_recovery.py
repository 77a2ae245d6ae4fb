"""How long strikes held messages up: checked on records made by hand."""

import pytest

from bench.questions.chaos.ground import Blow, Hold, Struck
from bench.questions.chaos.plan import TELEGRAM, Kind, Strike
from bench.questions.chaos.recovery import HORIZON_MS, LATE_MS, Wait, recoveries, waits
from bench.questions.exactly_once.judge import Chat, Silence, requests_of
from bench.questions.exactly_once.script import SEQUENCE, THRESHOLD_MS
from bench.sandbox.protocol import Row

BOT, PERSON = 7, 5_000_000_001
CHAT: Chat = (BOT, PERSON)
ACT = 1_000_000
DUE = ACT + THRESHOLD_MS
ENDED = 2_000_000
WHOLE = Silence(ACT, ACT, 3)
ONE = Blow("one")


def send(place: int, arrived_ms: int, *, ok: bool = True, broken_off: str | None = None) -> Row:
    text, done_ms = SEQUENCE[place].text, arrived_ms + 100
    return Row(arrived_ms, BOT, "sendMessage", arrived_ms, PERSON, text, None, done_ms, ok=ok, broken_off=broken_off)


def waited(*rows: Row, silence: Silence = WHOLE) -> list[Wait]:
    chats = {CHAT: [silence]}
    return waits(chats, requests_of(chats, rows))


def struck(kind: Kind = Kind.KILL_VALKEY, blow: Blow = ONE, ended_ms: int = ENDED) -> Struck:
    return Struck(Strike(10.0, kind, 1, 0.5), blow, ended_ms - 1_000, ended_ms)


def held_up(*messages: Wait, holds: tuple[Hold, ...] = ()) -> list[int]:
    return recoveries(messages, [struck()], holds)[Kind.KILL_VALKEY]


def test_a_first_message_is_due_when_the_threshold_has_passed() -> None:
    assert waited(send(0, DUE + 40)) == [Wait(BOT, DUE, DUE + 40)]


def test_a_further_message_is_due_some_time_after_the_answer_to_the_one_before() -> None:
    second_ms = DUE + 140 + SEQUENCE[1].wait_ms
    assert waited(send(0, DUE + 40), send(1, second_ms + 5))[1] == Wait(BOT, second_ms, second_ms + 5)


@pytest.mark.parametrize("before", [[], [send(0, DUE, ok=False)], [send(0, DUE, broken_off="client")]])
def test_a_message_after_one_that_was_not_answered_says_nothing(before: list[Row]) -> None:
    assert [wait for wait in waited(*before, send(1, DUE + 9_000)) if wait.arrived_ms == DUE + 9_000] == []


def test_the_first_request_for_a_message_counts_even_if_it_was_refused() -> None:
    assert waited(send(0, DUE + 40, ok=False), send(0, DUE + 3_000)) == [Wait(BOT, DUE, DUE + 40)]


@pytest.mark.parametrize("farewell", [{"paid": True}, {"opted_out": True}])
def test_whoever_is_owed_nothing_waits_for_nothing(farewell: dict[str, bool]) -> None:
    assert waited(send(0, DUE), silence=Silence(ACT, ACT, 0, **farewell)) == []


def test_a_message_that_was_due_waits_from_the_end_of_the_strike() -> None:
    assert held_up(Wait(BOT, ENDED - 5_000, ENDED + 900)) == [900]
    assert held_up(Wait(BOT, ENDED, ENDED + 1)) == [1]


def test_a_message_that_went_out_before_the_end_was_not_held_up() -> None:
    assert held_up(Wait(BOT, ENDED - 5_000, ENDED)) == []


@pytest.mark.parametrize(
    ("due_ms", "late_ms", "waited_ms"),
    [
        (ENDED + 1, LATE_MS, []),
        (ENDED + 1, LATE_MS + 1, [LATE_MS + 1]),
        (ENDED + HORIZON_MS, 4_000, [4_000]),
        (ENDED + HORIZON_MS + 1, 4_000, []),
    ],
)
def test_a_message_that_was_due_soon_afterwards_was_held_up_if_it_was_late(
    due_ms: int, late_ms: int, waited_ms: list[int]
) -> None:
    assert held_up(Wait(BOT, due_ms, due_ms + late_ms)) == waited_ms


def test_a_frozen_process_must_be_replaced_from_the_moment_it_froze() -> None:
    frozen = struck(Kind.FREEZE_POLLER, Blow("one", recoverable_ms=ENDED - 6_000))
    assert recoveries([Wait(BOT, ENDED - 7_000, ENDED - 2_000)], [frozen]) == {Kind.FREEZE_POLLER: [4_000]}


@pytest.mark.parametrize("kind", list(TELEGRAM.lasts_s))
def test_what_telegram_does_is_not_recovered_from(kind: Kind) -> None:
    assert recoveries([Wait(BOT, ENDED - 1, ENDED + 1)], [struck(kind)]) == {}


@pytest.mark.parametrize(
    ("hold", "waited_ms"),
    [
        (Hold(BOT, ENDED - 2_000, ENDED + 500), []),
        (Hold(BOT + 1, ENDED - 2_000, ENDED + 500), [900]),
        (Hold(BOT, ENDED - 9_000, ENDED - 5_000), [900]),
        (Hold(BOT, ENDED + 900, ENDED + 2_000), [900]),
    ],
    ids=["meanwhile", "another bot", "before it was due", "after it arrived"],
)
def test_a_message_whose_bot_had_to_wait_says_nothing(hold: Hold, waited_ms: list[int]) -> None:
    assert held_up(Wait(BOT, ENDED - 5_000, ENDED + 900), holds=(hold,)) == waited_ms
