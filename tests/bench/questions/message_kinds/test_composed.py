"""The campaign of message-kinds, what a person must see of it, and how the verdict is shown."""

from collections import defaultdict
from itertools import chain
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from bench.questions.message_kinds.composed import NAMELESS, STOP, TRACKED, Guest, composed
from bench.questions.message_kinds.files import names, write_campaign
from bench.questions.message_kinds.judge import judge
from bench.questions.message_kinds.report import Outcome
from bench.questions.message_kinds.shape import PollShape, Shape
from engine import campaign_file
from engine.campaign_file import NamedFiles
from engine.core.campaign.snapshot import Block, Snapshot
from engine.core.content import model
from engine.core.content.model import (
    After,
    Asset,
    Button,
    CopyButton,
    Effects,
    Keep,
    MediaKind,
    Poll,
    Preview,
    Replace,
    StartButton,
    StopButton,
    Style,
    Text,
    UrlButton,
    assets,
    buttons,
    kind,
)
from tests.bench.questions.message_kinds.sample_run import BLOCKS, HELLO, PAIR, good

ANA = Guest("Zé & <b>", "ze", "pt-br", "shop_bot")
ENGLISH = ANA._replace(language="en", first_name=NAMELESS)


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return campaign_file.load(write_campaign(tmp_path), 1_000, NamedFiles().hash_of)


def blocks(snapshot: Snapshot) -> list[Block]:
    return [block for step in snapshot.steps for block in step.blocks]


def test_the_campaign_has_every_kind_effect_button_and_rule(snapshot: Snapshot) -> None:
    every = blocks(snapshot)
    contents = [content for block in every for content in (block.content, *block.languages.values())]
    found = [button for content in contents for row in buttons(content) for button in row]
    effects = [block.effects for block in every]
    assert {kind(content) for content in contents} == {"text", *get_args(MediaKind), "album", "poll"}
    assert {content.preview for content in contents if isinstance(content, Text)} >= {*get_args(Preview)} - {"auto"}
    assert {content.correct is None for content in contents if isinstance(content, Poll)} == {True, False}
    assert {type(button) for button in found} == {*get_args(Button)}
    assert {button.style for button in found} == {None, *get_args(Style)}
    assert {button.tracked for button in found if isinstance(button, UrlButton)} == {True, False}
    for rules in ([one.on_return for one in effects], [one.on_payment for one in effects]):
        assert {type(rule) for rule in rules} == {*get_args(After)}
    for field in Effects.__struct_fields__:
        assert any(getattr(one, field) != getattr(Effects(), field) for one in effects), field
    assert any(block.delay_ms for block in every)
    assert {language for block in every for language in block.languages} == {"en"}


def test_each_file_is_in_one_block(snapshot: Snapshot) -> None:
    where: defaultdict[Asset, set[str]] = defaultdict(set)
    for block in blocks(snapshot):
        for asset in chain.from_iterable(map(assets, (block.content, *block.languages.values()))):
            where[asset].add(block.key)
    assert len(where) == len(names())
    assert all(len(keys) == 1 for keys in where.values())


def test_a_block_that_deletes_itself_has_no_other_rule(snapshot: Snapshot) -> None:
    """The judge could not tell which of the two it sees."""
    for effects in (block.effects for block in blocks(snapshot) if block.effects.delete_after_ms):
        assert (effects.on_return, effects.on_payment) == (Keep(), Keep())


def test_a_name_is_shown_as_it_is_and_a_missing_one_by_its_fallback() -> None:
    (shape,) = composed(HELLO, ANA)
    assert (shape.words, shape.marks) == ("Oi, Zé & <b>", (("bold", 4, 8, ""),))
    (shape,) = composed(HELLO, ENGLISH)
    assert (shape.words, shape.preview, shape.buttons) == ("Hi, friend", "is_disabled", ())


def test_each_message_of_an_album_has_the_effects() -> None:
    first, second = composed(PAIR, ANA)
    assert (first.file, first.protected, first.effect) == ("b" * 64, True, second.effect)
    assert (second.words, second.protected) == ("Tudo", True)


def test_each_button_does_what_it_was_composed_for() -> None:
    row = (
        UrlButton("{username|x}", "https://example.com", style="primary"),
        UrlButton("Direct", "https://example.com", tracked=False),
        StartButton("Start", "gift"),
        CopyButton("Copy", "{code}"),
        StopButton("Stop", style="danger"),
    )
    (shape,) = composed(Block("b", Text("x", buttons=(row,))), ANA._replace(tracks=True))
    assert shape.buttons == (
        (
            ("ze", "primary", "url", TRACKED),
            ("Direct", None, "url", "https://example.com"),
            ("Start", None, "url", "https://t.me/shop_bot?start=gift"),
            ("Copy", None, "copy", "{code}"),
            ("Stop", "danger", "tap", STOP),
        ),
    )
    assert model.STOP == STOP


def test_a_quiz_has_its_correct_option_and_explanation() -> None:
    quiz = Poll("How, {first_name|you}?", ("a", "b"), anonymous=False, correct=1, explanation="<{first_name|you}>")
    question = PollShape(("a", "b"), multiple=False, anonymous=False, correct=(1,), explanation="<you>")
    assert composed(Block("q", quiz), ENGLISH) == (Shape("poll", words="How, you?", question=question),)


def test_the_rule_for_a_payment_comes_before_the_rule_for_a_return() -> None:
    text = Text("x", buttons=((StopButton("Stop"),),))
    block = Block("b", text, effects=Effects(on_return=Replace("back"), on_payment=Replace("<i>paid</i>")))
    (shape,) = composed(block, ANA, "paid")
    assert (shape.words, shape.marks, shape.buttons) == ("paid", (("italic", 0, 4, ""),), ())
    assert composed(block, ANA, "returned")[0].words == "back"


def test_the_json_has_every_figure_of_a_kind() -> None:
    outcome = Outcome(1, 2, judge(BLOCKS, good()), violations=0, rejected=0, unmodelled=0, fastest=3)
    figures = msgspec.json.decode(msgspec.json.encode(outcome.as_json()))
    photo = {"sent": 2, "uploads": 1, "cache_hits": 1, "violations": 0, "duplicates": 0, "owed": 1}
    assert (figures["kinds"]["photo"], figures["deletions"]["worst_ms"], figures["holds"]) == (photo, 300, True)
    assert "Everything is as composed." in outcome.as_table()


@pytest.mark.parametrize("field", ["violations", "rejected", "unmodelled"])
def test_a_wrong_call_breaks_the_promise(field: str) -> None:
    outcome = Outcome(1, 2, judge(BLOCKS, good()), violations=0, rejected=0, unmodelled=0, fastest=3)
    broken = Outcome(**outcome._asdict() | {field: 1})
    assert not broken.holds
    assert "Something is NOT as composed" in broken.as_table()
