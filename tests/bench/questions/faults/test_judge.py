"""The judge of the faults, on chats made by hand: each error is reported by its name, and nothing else."""

from collections import Counter
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from bench.questions.faults import question
from bench.questions.faults.cases import CASES, GIVEN_UP, GONE, REFUSED, SENT, UNKNOWN, Case, State, uncovered
from bench.questions.faults.judge import (
    Chat,
    Delivery,
    Finding,
    Message,
    Seen,
    Wrong,
    aimed,
    judge,
    overlapping,
    tallies,
)
from bench.questions.faults.report import Outcome
from bench.questions.faults.script import BLOCKS, FEWEST_CHATS, FILE_AT, TEXTS, Part, write
from bench.sandbox.protocol import Fault, FaultKind, Row

CHAT: Chat = (7, 5_000_000_001)
SCHEDULED = State("scheduled")


def case(kind: FaultKind, struck: State, *, count: int | None = 1, suspends: bool = False) -> Case:
    return Case(kind.value, Fault(kind, count=count), struck, "", suspends)


PASSING = case(FaultKind.TOO_MANY_REQUESTS, SENT)
HANGS = case(FaultKind.HANG, UNKNOWN)
DROPPED = case(FaultKind.ACCEPT_THEN_DROP, UNKNOWN)
LEAVES = case(FaultKind.LEAVES, GONE)
REFUSES = case(FaultKind.BAD_REQUEST, REFUSED)
LASTS = case(FaultKind.UNAUTHORIZED, SENT, count=None, suspends=True)


def seen(
    *states: State, shows: Mapping[int, tuple[int, ...]], named: Mapping[int, tuple[int, ...]] | None = None
) -> Seen:
    """A chat with these deliveries, block after block, and these message ids at each place; `sent` names its own."""
    ids = {at: shows.get(at, ()) for at, state in enumerate(states) if state is SENT}
    ids.update(named or {})
    deliveries = {BLOCKS[at]: Delivery(state, tuple(ids.get(at, ()))) for at, state in enumerate(states)}
    over = None if SCHEDULED in states else "unreachable" if GONE in states else "completed"
    return Seen(deliveries, (over,), tuple(Message(one, TEXTS[at]) for at, several in shows.items() for one in several))


ALL_THREE = {0: (2,), 1: (3,), 2: (4,)}
WHOLE = seen(SENT, SENT, SENT, shows=ALL_THREE)


def wrongs(found: list[Finding]) -> Counter[Wrong]:
    return Counter(finding.wrong for finding in found)


def reported(one: Case, at: int, chat: Seen) -> set[Wrong]:
    return set(wrongs(judge({CHAT: Part(one, at, 0)}, {CHAT: chat})))


@pytest.mark.parametrize(
    ("one", "at", "chat"),
    [
        (PASSING, 1, WHOLE),
        (HANGS, 1, seen(SENT, UNKNOWN, SENT, shows={0: (2,), 2: (3,)})),
        (DROPPED, 2, seen(SENT, SENT, UNKNOWN, shows=ALL_THREE)),
        (REFUSES, 0, seen(REFUSED, SENT, SENT, shows={1: (2,), 2: (3,)})),
        (LEAVES, 1, seen(SENT, GONE, shows={0: (2,)})),
        (LASTS, 0, WHOLE),
    ],
    ids=lambda value: value.name if isinstance(value, Case) else "",
)
def test_a_chat_that_ends_as_its_fault_requires_is_not_reported(one: Case, at: int, chat: Seen) -> None:
    assert not reported(one, at, chat)


@pytest.mark.parametrize(
    ("one", "chat", "wrong"),
    [
        (PASSING, seen(SENT, SENT, SENT, shows=ALL_THREE | {1: (3, 5)}), {Wrong.DUPLICATE, Wrong.DISAGREEMENT}),
        (DROPPED, seen(SENT, UNKNOWN, SENT, shows=ALL_THREE | {1: (3, 5)}), {Wrong.DUPLICATE, Wrong.DISAGREEMENT}),
        (PASSING, seen(SENT, SENT, SENT, shows={0: (2,), 2: (4,)}), {Wrong.DISAGREEMENT, Wrong.UNEXPECTED}),
        (PASSING, seen(SENT, SENT, SENT, shows=ALL_THREE, named={1: (9,)}), {Wrong.DISAGREEMENT}),
        (REFUSES, seen(SENT, REFUSED, SENT, shows=ALL_THREE), {Wrong.DISAGREEMENT, Wrong.UNEXPECTED}),
        (LEAVES, seen(SENT, GONE, shows=ALL_THREE | {1: ()}), {Wrong.DISAGREEMENT}),
        (DROPPED, seen(SENT, UNKNOWN, SENT, shows=ALL_THREE, named={1: (3,)}), {Wrong.DISAGREEMENT}),
        (HANGS, seen(SENT, UNKNOWN, SENT, shows=ALL_THREE), {Wrong.UNEXPECTED}),
        (DROPPED, seen(SENT, UNKNOWN, SENT, shows={0: (2,), 2: (3,)}), {Wrong.UNEXPECTED}),
        (PASSING, seen(SENT, UNKNOWN, SENT, shows=ALL_THREE), {Wrong.UNEXPECTED}),
        (REFUSES, seen(SENT, GIVEN_UP, SENT, shows={0: (2,), 2: (3,)}), {Wrong.UNEXPECTED}),
        (REFUSES, seen(SENT, REFUSED, shows={0: (2,)}), {Wrong.UNEXPECTED}),
        (PASSING, seen(SENT, SCHEDULED, shows={0: (2,)}), {Wrong.STUCK, Wrong.UNEXPECTED}),
        (PASSING, seen(SENT, State("sending"), SENT, shows={0: (2,), 2: (3,)}), {Wrong.STUCK, Wrong.UNEXPECTED}),
        (PASSING, WHOLE._replace(episodes=(None,)), {Wrong.STUCK, Wrong.UNEXPECTED}),
        (PASSING, WHOLE._replace(episodes=("completed", "completed")), {Wrong.UNEXPECTED}),
        (PASSING, WHOLE._replace(messages=(*WHOLE.messages, Message(9, "?"))), {Wrong.DISAGREEMENT}),
        (PASSING, Seen({}, (), ()), {Wrong.UNEXPECTED}),
    ],
    ids=[
        *("sent, shown twice", "unknown, shown twice", "sent, not shown", "sent, under another id"),
        *("refused, shown", "none, shown", "unknown, and names a message", "not done, shown", "done, not shown"),
        *("unknown for sent", "given up for refused", "nothing after a refusal", "scheduled", "sending"),
        *("an open episode", "two episodes", "a message of no block", "nothing at all"),
    ],
)
def test_every_error_is_reported(one: Case, chat: Seen, wrong: set[Wrong]) -> None:
    assert reported(one, 1, chat) == wrong


def strike(text: str, fault: str | None = "hang", arrived_ms: int = 0, completed_ms: int | None = 5) -> Row:
    row = Row(arrived_ms, CHAT[0], "sendMessage", arrived_ms, chat_id=CHAT[1], text=text, fault=fault)
    return replace(row, completed_ms=completed_ms)


def test_a_fault_strikes_its_block_as_often_as_it_should() -> None:
    parts = {CHAT: Part(HANGS, 1, 0)}
    assert not aimed(parts, [strike(TEXTS[0], None), strike(TEXTS[1])])
    assert wrongs(aimed(parts, [strike(TEXTS[1])] * 2)) == {Wrong.MISPLACED: 1}
    assert wrongs(aimed(parts, [strike(TEXTS[2])])) == {Wrong.MISPLACED: 1}
    assert wrongs(aimed(parts, [])) == {Wrong.MISPLACED: 1}


def test_a_lasting_fault_may_strike_any_number_of_times_but_no_other_block() -> None:
    parts = {CHAT: Part(LASTS, 1, 0)}
    assert not aimed(parts, [])
    assert not aimed(parts, [strike(TEXTS[1])] * 3)
    assert wrongs(aimed(parts, [strike(TEXTS[2])])) == {Wrong.MISPLACED: 1}


@pytest.mark.parametrize(("completed_ms", "overlaps"), [(9, 0), (10, 0), (11, 1), (None, 1)])
def test_a_message_sent_before_the_previous_answer_overlaps(completed_ms: int | None, overlaps: int) -> None:
    rows = [strike(TEXTS[1], arrived_ms=10), strike(TEXTS[0], completed_ms=completed_ms)]
    assert len(overlapping(rows)) == overlaps


def test_final_states_are_counted_by_fault() -> None:
    other = (CHAT[0], CHAT[1] + 1)
    parts = {CHAT: Part(LEAVES, 1, 0), other: Part(LEAVES, 0, 0)}
    found = tallies(parts, {CHAT: seen(SENT, GONE, shows={0: (2,)}), other: seen(GONE, shows={})})
    tally = found["leaves"]
    assert (tally.chats, tally.struck) == (2, {"failed: unreachable": 2})
    assert (tally.others, tally.episodes) == ({"sent": 1, "none": 3}, {"unreachable": 2})


def test_every_fault_of_the_sandbox_has_its_case_and_every_case_its_own_name() -> None:
    assert not uncovered()
    assert uncovered(CASES[1:]) == []
    assert uncovered([one for one in CASES if one.fault.kind is not FaultKind.HANG]) == [FaultKind.HANG]
    assert len({one.name for one in CASES}) == len(CASES)


def test_a_fault_without_a_case_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(question, "uncovered", lambda: [FaultKind.SLOW])
    assert question.QUESTION.main([]) == 1
    assert "slow" in capsys.readouterr().err


def test_every_fault_at_every_block_gets_chats() -> None:
    parts = write(FEWEST_CHATS * 2 + 1)
    dealt = Counter((part.case.name, part.at) for part in parts)
    assert set(dealt) == {(one.name, at) for one in CASES for at in range(len(BLOCKS))}
    assert sorted(dealt.values()) == [*[2] * (FEWEST_CHATS - 1), 3]


def test_a_bot_has_one_fault_at_one_block_and_one_chat_where_an_upload_gets_no_answer() -> None:
    parts = write(500)
    assert {part.bot for part in parts} == set(range(len({part.bot for part in parts})))
    scenes = {part.bot: {(other.case.name, other.at) for other in parts if other.bot == part.bot} for part in parts}
    assert all(len(several) == 1 for several in scenes.values())
    waiting = [part for part in parts if part.case.times_out and part.at == FILE_AT]
    assert len({part.bot for part in waiting}) == len(waiting) > 2


def test_a_fault_names_bot_chat_and_message() -> None:
    fault = Part(HANGS, 2, 0).fault(*CHAT)
    assert (fault.bot, fault.chat_id, fault.at_message, fault.count) == (*CHAT, 3, 1)


@pytest.mark.parametrize("wrong", Wrong)
def test_the_json_has_every_figure_and_the_table_a_sentence(wrong: Wrong) -> None:
    parts = {CHAT: Part(PASSING, 0, 0)}
    clean = Outcome(1, 1, tallies(parts, {CHAT: WHOLE}))
    assert clean.holds
    assert clean.as_json()["faults"]["too_many_requests"]["struck"] == {"sent": 1}
    assert "\ntoo_many_requests " in clean.as_table()
    broken = clean._replace(findings=[Finding(wrong, CHAT, "is not well")])
    assert not broken.holds
    figures = {name: value for name, value in broken.as_json().items() if name not in {"chats", "bots", "faults"}}
    assert [value for value in figures.values() if value] == [1]
    assert "is not well" in broken.as_table()
    assert "BROKEN" in broken.as_table()


def test_a_violation_breaks_the_promise() -> None:
    assert not Outcome(0, 0, {}, violations=1).holds
