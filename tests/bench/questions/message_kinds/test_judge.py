"""The judge of the parade: what holds, and each thing that must not."""

from collections.abc import Callable

import pytest

from bench.questions.message_kinds.judge import ON_TIME_MS, Chat, Evidence, Later, Tally, Turn, Verdict, judge
from bench.sandbox.protocol import Violation
from tests.bench.questions.message_kinds.parade import (
    ANA,
    BLOCKS,
    BOT,
    START_MS,
    after_a_return,
    changed,
    good,
    hello_in_english,
    hello_in_portuguese,
    message,
    rows,
    with_delivery,
    with_messages,
)


def verdict(seen: Evidence) -> Verdict:
    return judge(BLOCKS, seen)


def without(seen: Evidence, place: int) -> Evidence:
    messages = list(seen.chats[ANA])
    del messages[place]
    return with_messages(seen, messages)


def and_also(seen: Evidence, person: Chat) -> Evidence:
    """What the sandbox recorded of a person happened once more."""
    return seen._replace(rows=[*seen.rows, *rows(person, first=True)])


def test_what_is_as_it_was_composed_holds() -> None:
    told = verdict(good())
    assert told.holds
    assert told.kinds == {
        "text": Tally(sent=2, uploads=0, cache_hits=0, violations=0, duplicates=0, owed=0),
        "photo": Tally(sent=2, uploads=1, cache_hits=1, violations=0, duplicates=0, owed=1),
        "album": Tally(sent=2, uploads=2, cache_hits=2, violations=0, duplicates=0, owed=2),
    }
    assert (told.languages, told.fallbacks) == ({"pt-br": 1, "en": 1}, 1)
    assert told.deletions == Later(due=2, done=2, early=0, worst_ms=300)
    assert told.aftermath == Later(due=0, done=0, early=0, worst_ms=0)


def test_what_a_return_changes_is_waited_for_and_its_time_shown() -> None:
    told = verdict(after_a_return(good()))
    assert told.holds
    assert told.aftermath == Later(due=2, done=2, early=0, worst_ms=700)


def test_a_message_that_a_return_leaves_as_it_was_does_not_hold() -> None:
    told = verdict(good()._replace(turns={ANA: Turn("returned", START_MS + 10_000)}))
    assert not told.holds
    assert (told.aftermath.due, told.aftermath.done) == (2, 0)
    assert told.differs == {"hello: buttons": 1}


def test_who_pays_has_also_returned() -> None:
    seen = after_a_return(good())
    assert verdict(seen._replace(turns={ANA: seen.turns[ANA]._replace(occasion="paid")})).holds


def test_a_message_that_is_not_there_is_missing() -> None:
    told = verdict(without(good(), 1))
    assert (told.missing, told.holds) == (1, False)


def test_a_message_that_comes_twice_is_a_duplicate() -> None:
    told = verdict(with_messages(good(), [*good().chats[ANA], hello_in_portuguese()]))
    assert (told.kinds["text"].duplicates, told.kinds["text"].sent, told.holds) == (1, 3, False)


def test_a_message_that_nobody_composed_is_a_stranger() -> None:
    told = verdict(with_messages(good(), [*good().chats[ANA], message(9, "Oi, {first_name}", 5_000)]))
    assert (told.strangers, told.holds) == (1, False)


def test_half_an_album_is_not_the_album() -> None:
    told = verdict(without(good(), 4))
    assert (told.missing, told.differs["pair: messages"], told.holds) == (0, 1, False)


def test_another_language_is_seen_by_its_words() -> None:
    english = hello_in_english("Ana")
    told = verdict(with_messages(good(), [english, *good().chats[ANA][2:]]))
    assert told.differs == {"hello: words": 1, "hello: preview": 1, "hello: buttons": 1}
    assert (told.missing, told.strangers, told.holds) == (0, 0, False)


@pytest.mark.parametrize(
    ("place", "change", "what"),
    [
        (1, {"entities": []}, "hello: marks"),
        (1, {"reply_markup": None}, "hello: buttons"),
        (1, {"silent": True}, "hello: silent"),
        (1, {"link_preview": {"prefer_large_media": True}}, "hello: preview"),
        (2, {"text": "Olha!"}, "picture: words"),
        (2, {"caption_above": False}, "picture: above"),
        (2, {"silent": False}, "picture: silent"),
        (3, {"protected": False}, "pair: protected"),
        (4, {"effect_id": None}, "pair: effect"),
    ],
)
def test_each_look_that_is_otherwise_is_named(place: int, change: dict[str, object], what: str) -> None:
    told = verdict(changed(good(), place, **change))
    assert (told.differs, told.holds) == ({what: 1}, False)


@pytest.mark.parametrize(
    ("change", "later"),
    [
        ({"deleted_ms": START_MS + 6_000 + ON_TIME_MS + 1}, Later(2, 2, 0, ON_TIME_MS + 1)),
        ({"deleted_ms": START_MS + 5_999}, Later(2, 2, 1, 300)),
        ({"deleted": False, "deleted_ms": None}, Later(2, 1, 0, 300)),
    ],
    ids=["too late", "too early", "never"],
)
def test_what_goes_by_itself_goes_on_time(change: dict[str, object], later: Later) -> None:
    told = verdict(changed(good(), 2, **change))
    assert (told.deletions, told.holds) == (later, False)


@pytest.mark.parametrize("change", [{"deleted": True}, {"edited_ms": START_MS + 9}], ids=["deleted", "changed"])
def test_what_nobody_asked_to_change_stays_as_it_is(change: dict[str, object]) -> None:
    told = verdict(changed(good(), 1, **change))
    assert (told.unasked, told.holds) == (1, False)


@pytest.mark.parametrize(
    "disagree",
    [
        lambda seen: with_delivery(seen, "hello", status="unknown"),
        lambda seen: with_delivery(seen, "pair", message_ids=(4,)),
        lambda seen: with_delivery(seen, "picture", deleted=False),
        lambda seen: with_delivery(seen, "hello", edited=True),
        lambda seen: seen._replace(
            deliveries={place: one for place, one in seen.deliveries.items() if place != (ANA, "pair")}
        ),
    ],
    ids=["status", "messages", "deleted", "edited", "absent"],
)
def test_the_engines_books_agree_with_the_chat(disagree: Callable[[Evidence], Evidence]) -> None:
    told = verdict(disagree(good()))
    assert (told.disagreements, told.holds) == (1, False)


def test_a_file_goes_up_once_for_each_bot() -> None:
    told = verdict(and_also(good(), ANA))
    assert (told.kinds["photo"].uploads, told.kinds["photo"].owed, told.holds) == (2, 1, False)


def test_a_violation_is_counted_for_its_kind() -> None:
    told = verdict(good()._replace(violations=[Violation(BOT, "sendPhoto", "It shouted", 2)]))
    assert (told.kinds["photo"].violations, told.kinds["text"].violations, told.holds) == (2, 0, False)


def test_a_block_waits_for_its_delay() -> None:
    told = verdict(changed(good(), 1, at_ms=START_MS + 1))
    assert (told.early, told.holds) == (1, False)


def test_a_delay_is_announced() -> None:
    seen = good()
    quiet = [row for row in seen.rows if row.method != "sendChatAction" or row.chat_id != ANA[1]]
    told = verdict(seen._replace(rows=quiet))
    assert (told.unannounced, told.holds) == (1, False)
