"""The judge of message-kinds: what holds, and each thing that does not."""

from collections.abc import Callable

import pytest

from bench.harness.delivery_counts import Chat
from bench.questions.message_kinds.judge import ON_TIME_MS, Comeback, Evidence, Later, Tally, Verdict, judge
from bench.sandbox.protocol import Violation
from tests.bench.questions.message_kinds.sample_run import (
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
    """The sandbox recorded the requests to this person twice."""
    return seen._replace(rows=[*seen.rows, *rows(person, first=True)])


def test_messages_as_composed_hold() -> None:
    found = verdict(good())
    assert found.holds
    assert found.kinds == {
        "text": Tally(sent=2, uploads=0, cache_hits=0, violations=0, duplicates=0, owed=0),
        "photo": Tally(sent=2, uploads=1, cache_hits=1, violations=0, duplicates=0, owed=1),
        "album": Tally(sent=2, uploads=2, cache_hits=2, violations=0, duplicates=0, owed=2),
    }
    assert (found.languages, found.fallbacks) == ({"pt-br": 1, "en": 1}, 1)
    assert found.deletions == Later(due=2, done=2, early=0, worst_ms=300)
    assert found.aftermath == Later(due=0, done=0, early=0, worst_ms=0)


def test_a_change_after_a_return_holds_and_its_delay_is_reported() -> None:
    found = verdict(after_a_return(good()))
    assert found.holds
    assert found.aftermath == Later(due=2, done=2, early=0, worst_ms=700)


def test_a_message_unchanged_after_a_return_does_not_hold() -> None:
    found = verdict(good()._replace(comebacks={ANA: Comeback("returned", START_MS + 10_000)}))
    assert not found.holds
    assert (found.aftermath.due, found.aftermath.done) == (2, 0)
    assert found.differs == {"hello: buttons": 1}


def test_a_person_who_pays_has_also_returned() -> None:
    seen = after_a_return(good())
    assert verdict(seen._replace(comebacks={ANA: seen.comebacks[ANA]._replace(occasion="paid")})).holds


def test_a_block_without_a_message_is_missing() -> None:
    found = verdict(without(good(), 1))
    assert (found.missing, found.holds) == (1, False)


def test_a_message_that_comes_twice_is_a_duplicate() -> None:
    found = verdict(with_messages(good(), [*good().chats[ANA], hello_in_portuguese()]))
    assert (found.kinds["text"].duplicates, found.kinds["text"].sent, found.holds) == (1, 3, False)


def test_a_message_that_no_block_composes_is_a_stranger() -> None:
    found = verdict(with_messages(good(), [*good().chats[ANA], message(9, "Oi, {first_name}", 5_000)]))
    assert (found.strangers, found.holds) == (1, False)


def test_half_an_album_is_not_the_album() -> None:
    found = verdict(without(good(), 4))
    assert (found.missing, found.differs["pair: messages"], found.holds) == (0, 1, False)


def test_a_message_in_the_wrong_language_differs_in_its_words() -> None:
    english = hello_in_english("Ana")
    found = verdict(with_messages(good(), [english, *good().chats[ANA][2:]]))
    assert found.differs == {"hello: words": 1, "hello: preview": 1, "hello: buttons": 1}
    assert (found.missing, found.strangers, found.holds) == (0, 0, False)


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
def test_each_field_that_differs_is_named(place: int, change: dict[str, object], what: str) -> None:
    found = verdict(changed(good(), place, **change))
    assert (found.differs, found.holds) == ({what: 1}, False)


@pytest.mark.parametrize(
    ("change", "later"),
    [
        ({"deleted_ms": START_MS + 6_000 + ON_TIME_MS + 1}, Later(2, 2, 0, ON_TIME_MS + 1)),
        ({"deleted_ms": START_MS + 5_999}, Later(2, 2, 1, 300)),
        ({"deleted": False, "deleted_ms": None}, Later(2, 1, 0, 300)),
    ],
    ids=["too late", "too early", "never"],
)
def test_a_message_that_deletes_itself_goes_on_time(change: dict[str, object], later: Later) -> None:
    found = verdict(changed(good(), 2, **change))
    assert (found.deletions, found.holds) == (later, False)


@pytest.mark.parametrize("change", [{"deleted": True}, {"edited_ms": START_MS + 9}], ids=["deleted", "changed"])
def test_a_change_without_a_reason_is_reported(change: dict[str, object]) -> None:
    found = verdict(changed(good(), 1, **change))
    assert (found.unasked, found.holds) == (1, False)


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
def test_the_engines_deliveries_must_agree_with_the_chat(disagree: Callable[[Evidence], Evidence]) -> None:
    found = verdict(disagree(good()))
    assert (found.disagreements, found.holds) == (1, False)


def test_a_file_is_uploaded_once_for_each_bot() -> None:
    found = verdict(and_also(good(), ANA))
    assert (found.kinds["photo"].uploads, found.kinds["photo"].owed, found.holds) == (2, 1, False)


def test_a_violation_is_counted_with_its_kind() -> None:
    found = verdict(good()._replace(violations=[Violation(BOT, "sendPhoto", "It shouted", 2)]))
    assert (found.kinds["photo"].violations, found.kinds["text"].violations, found.holds) == (2, 0, False)


def test_a_block_waits_for_its_delay() -> None:
    found = verdict(changed(good(), 1, at_ms=START_MS + 1))
    assert (found.early, found.holds) == (1, False)


def test_a_delay_must_be_announced() -> None:
    seen = good()
    quiet = [row for row in seen.rows if row.method != "sendChatAction" or row.chat_id != ANA[1]]
    found = verdict(seen._replace(rows=quiet))
    assert (found.unannounced, found.holds) == (1, False)
