"""Writing a campaign's file: every campaign reads back the same, and people can read the file."""

from textwrap import dedent, indent
from typing import get_args

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.campaign_file import diff, read, write
from engine.core.campaign.checks import MAX_BLOCK_DELAY_MS, MAX_LATENESS_MS, MAX_THRESHOLD_MS, MIN_LATENESS_MS
from engine.core.campaign.snapshot import DAY_MS, Block, Snapshot, Step
from engine.core.content.model import (
    Album,
    Content,
    CopyButton,
    Delete,
    Effects,
    Item,
    Media,
    Poll,
    Replace,
    StartButton,
    StopButton,
    Text,
    UrlButton,
)
from engine.core.schedule import step_schedule
from engine.core.schedule.sending_hours import Mode, Window
from engine.core.schedule.step_schedule import After, OnDay, Schedule
from tests.core.content.contents import contents, effects, languages, texts

MINUTE = 60_000

keys = st.from_regex("[a-z0-9-]{1,32}", fullmatch=True) | st.sampled_from(["null", "yes", "7", "1e3", "-", "---"])
schedules: st.SearchStrategy[Schedule] = st.one_of(
    st.builds(After, st.integers(0, step_schedule.MAX_MS)),
    st.builds(OnDay, st.integers(1, step_schedule.MAX_DAYS), st.integers(0, 23), st.integers(0, 59)),
)


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    said, variants = draw(contents), draw(languages)
    return Block(
        key=draw(keys),
        content=said,
        delay_ms=draw(st.just(0) | st.integers(0, MAX_BLOCK_DELAY_MS)),
        active=draw(st.booleans()),
        effects=draw(effects((said, *variants.values()))),
        languages=variants,
    )


steps = st.builds(
    Step,
    key=keys,
    schedule=schedules,
    blocks=st.lists(blocks(), min_size=1, max_size=3, unique_by=lambda block: block.key).map(tuple),
    active=st.booleans(),
)
campaigns = st.builds(
    Snapshot,
    zone=st.sampled_from(["America/Sao_Paulo", "Europe/Berlin", "UTC"]),
    steps=st.lists(steps, min_size=1, max_size=3, unique_by=lambda step: step.key).map(tuple),
    threshold_ms=st.integers(MINUTE, MAX_THRESHOLD_MS),
    skip_paid=st.booleans(),
    lateness_ms=st.integers(MIN_LATENESS_MS, MAX_LATENESS_MS),
).filter(lambda made: any(step.active and block.active for step in made.steps for block in step.blocks))


def of(content: Content) -> Snapshot:
    return Snapshot("UTC", (Step("s", After(0), (Block("b", content),)),))


def of_text(text: str) -> Snapshot:
    return of(Text(text))


def reads_back(campaign: Snapshot) -> Snapshot:
    return read(write(campaign).encode(), "c.yaml", MINUTE)


@settings(deadline=None, max_examples=30)
@given(campaigns)
def test_any_campaign_reads_back_the_same(campaign: Snapshot) -> None:
    assert reads_back(campaign) == campaign


@settings(deadline=None)
@given(contents)
def test_any_content_reads_back_the_same(content: Content) -> None:
    assert reads_back(of(content)) == of(content)


@pytest.mark.parametrize("mode", get_args(Mode))
def test_every_mode_of_the_window_reads_back_the_same(mode: Mode) -> None:
    campaign = msgspec.structs.replace(of_text("Hi"), window=Window(540, 1260, (1, 2), mode))
    assert reads_back(campaign) == campaign


@settings(deadline=None)
@given(texts)
@example("  indented\nthen not")
@example("\n\nafter two empty lines")
@example("ends with a space \nand goes on \n")
@example("ends with empty lines\n\n\n")
@example(" \n x")
@example("a\x85b\u2028c\u2029d\rf\r\n")
@example("--- \n...\n# no comment\n")
def test_any_text_reads_back_the_same(text: str) -> None:
    assert reads_back(of_text(text)) == of_text(text)


FULL = Snapshot(
    zone="America/Sao_Paulo",
    threshold_ms=90 * MINUTE,
    skip_paid=False,
    lateness_ms=2 * DAY_MS,
    steps=(
        Step(
            "reminder",
            After(0),
            (Block("hello", Text("Oi 👍 \n<b>Ainda</b> por aí?\n")), Block("b-2", Text("Sim?"), delay_ms=5_000)),
        ),
        Step("offer", OnDay(1, 9, 30), (Block("7", Text("null"), active=False),), active=False),
        Step("last", OnDay(3, 18, 0), (Block("end", Text("é: 'agora' " * 20 + "!")),)),
    ),
)


def test_people_can_read_it() -> None:
    assert write(FULL) == dedent(f"""\
        threshold: 1h30m
        zone: America/Sao_Paulo
        skip_paid: false
        lateness: 2d
        steps:
          - key: reminder
            schedule: now
            blocks:
              - key: hello
                text: |
                  Oi 👍\x20
                  <b>Ainda</b> por aí?
              - key: b-2
                delay: 5s
                text: Sim?
          - key: offer
            schedule: tomorrow 09:30
            active: false
            blocks:
              - key: '7'
                active: false
                text: 'null'
          - key: last
            schedule: +3d 18:00
            blocks:
              - key: end
                text: '{"é: ''agora'' " * 20}!'
        """)


def test_defaults_are_left_out() -> None:
    assert write(of_text("hi")) == dedent("""\
        threshold: 10m
        zone: UTC
        steps:
          - key: s
            schedule: now
            blocks:
              - key: b
                text: hi
        """)


SHA = "0f" * 32


BUTTONS = (
    (UrlButton("Comprar", "https://example.com/a?b=c", tracked=False, style="success"), StartButton("Oi", "oferta")),
    (CopyButton("Copiar: já", "PROMO10"), StopButton("🔕 Parar", "danger")),
)
BUTTONS_WRITTEN = """\
buttons:
  - [{text: Comprar, url: 'https://example.com/a?b=c', tracked: false, style: success}, {text: Oi, start: oferta}]
  - [{text: 'Copiar: já', copy: PROMO10}, {text: 🔕 Parar, stop: true, style: danger}]
"""
EFFECTS = Effects(
    7_200_000, silent=True, protect=True, message_effect="51", on_return=Delete(), on_payment=Replace("Obrigado!")
)
EFFECTS_WRITTEN = """\
text: Oi
delete_after: 2h
silent: true
protect: true
message_effect: '51'
after:
  returned: delete
  paid:
    replace: Obrigado!
"""
LANGUAGES: dict[str, Content] = {
    "en": Text("Hi", "off"),
    "no": Album((Item("photo", SHA, "x"), Item("video", SHA, spoiler=True)), above=True),
}
LANGUAGES_WRITTEN = f"""\
text: Oi
languages:
  en:
    text: Hi
    preview: 'off'
  'no':
    album:
      - photo: sha256:{SHA}
        caption: x
      - video: sha256:{SHA}
        spoiler: true
    above: true
"""
QUIZ_WRITTEN = """\
poll:
  question: Q?
  options:
    - a
    - b
  anonymous: false
  correct: 2
  explanation: b!
"""


@pytest.mark.parametrize(
    ("block", "written"),
    [
        (Block("b", Text("Oi"), 5_000), "delay: 5s\ntext: Oi\n"),
        (
            Block("b", Media("photo", SHA, "Oi", above=True, buttons=BUTTONS)),
            f"photo: sha256:{SHA}\ncaption: Oi\nabove: true\n{BUTTONS_WRITTEN}",
        ),
        (Block("b", Text("Oi"), effects=EFFECTS), EFFECTS_WRITTEN),
        (Block("b", Text("Oi"), languages=LANGUAGES), LANGUAGES_WRITTEN),
        (Block("b", Poll("Q?", ("a", "b"), anonymous=False, correct=1, explanation="b!")), QUIZ_WRITTEN),
        (
            Block("b", Text("Oi", buttons=BUTTONS), 5_000, effects=EFFECTS, languages=LANGUAGES),
            "delay: 5s\ntext: Oi\n"
            + BUTTONS_WRITTEN
            + EFFECTS_WRITTEN.removeprefix("text: Oi\n")
            + LANGUAGES_WRITTEN.removeprefix("text: Oi\n"),
        ),
    ],
    ids=["delay", "media with buttons", "effects", "languages", "quiz", "everything together"],
)
def test_people_can_read_every_kind_of_block(block: Block, written: str) -> None:
    file = write(Snapshot("UTC", (Step("s", After(0), (block,)),)))
    assert file.partition("blocks:\n")[2] == indent("- key: b\n" + indent(written, "  "), " " * 6)


def test_equal_campaigns_have_an_empty_diff() -> None:
    assert diff(FULL, FULL, "a", "b") == ""


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"threshold_ms": 20 * MINUTE}, ["-threshold: 1h30m", "+threshold: 20m"]),
        ({"skip_paid": True}, ["-skip_paid: false"]),
        ({"steps": FULL.steps[:2]}, ["-  - key: last", "-    schedule: +3d 18:00"]),
    ],
)
def test_a_diff_shows_the_changed_lines(changes: dict[str, object], lines: list[str]) -> None:
    shown = diff(FULL, msgspec.structs.replace(FULL, **changes), "published", "draft").split("\n")
    assert shown[:2] == ["--- published", "+++ draft"]
    changed = [line for line in shown[2:] if line[0] in "+-"]
    assert changed[: len(lines)] == lines
