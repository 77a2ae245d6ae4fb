# ruff: noqa: E501 - a table is read one case a line
"""Reading a campaign's file: what it may contain, and how a wrong file is refused, with line and fix."""

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.campaign_file import load, read
from engine.campaign_file.fields import MAX_BYTES
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.errors import CampaignError
from engine.core.schedule.step_schedule import After, OnDay

MINUTE = 60_000


def parsed(text: str) -> Snapshot:
    return read(dedent(text).encode(), "c.yaml", MINUTE)


def refused(text: str | bytes) -> str:
    data = text if isinstance(text, bytes) else dedent(text).encode()
    with pytest.raises(CampaignError) as refusal:
        read(data, "c.yaml", MINUTE)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_a_full_file_sets_every_field() -> None:
    assert parsed("""
        threshold: 1h
        zone: Europe/Berlin
        skip_paid: false
        lateness: 2h
        steps:
          - key: reminder
            schedule: 10m
            active: no
            blocks:
              - key: hello
                text: |
                  <b>Olá</b>
                  você
                delay: 5s
                active: false
          - key: morning
            schedule: amanhã 09:30
            blocks: [{text: Bom dia}]
    """) == Snapshot(
        zone="Europe/Berlin",
        threshold_ms=60 * MINUTE,
        skip_paid=False,
        lateness_ms=120 * MINUTE,
        steps=(
            Step(
                key="reminder",
                schedule=After(10 * MINUTE),
                active=False,
                blocks=(Block(key="hello", content=Text("<b>Olá</b>\nvocê\n"), delay_ms=5000, active=False),),
            ),
            Step(key="morning", schedule=OnDay(1, 9, 30), blocks=(Block(key="block-1", content=Text("Bom dia")),)),
        ),
    )


def test_a_short_file_gets_defaults_and_keys_by_position() -> None:
    assert parsed("""
        zone: America/Sao_Paulo
        steps:
          - schedule: now
            blocks:
              - Olá
              - text: 2
          - schedule: +3d 18:00
            blocks: [yes]
    """) == Snapshot(
        zone="America/Sao_Paulo",
        threshold_ms=10 * MINUTE,
        skip_paid=True,
        lateness_ms=360 * MINUTE,
        steps=(
            Step(
                key="step-1",
                schedule=After(0),
                blocks=(Block(key="block-1", content=Text("Olá")), Block(key="block-2", content=Text("2"))),
            ),
            Step(key="step-2", schedule=OnDay(3, 18, 0), blocks=(Block(key="block-1", content=Text("yes")),)),
        ),
    )


def test_a_file_may_have_a_byte_order_mark_and_windows_line_ends() -> None:
    data = b"\xef\xbb\xbfzone: UTC\r\nsteps:\r\n- schedule: now\r\n  blocks: [hi]\r\n"
    assert read(data, "c.yaml", MINUTE).zone == "UTC"


@pytest.mark.parametrize("written", [r"\ud83d\ude00", r"\U0001F600", "😀"])
def test_an_emoji_may_be_escaped_as_json_does(written: str) -> None:
    block = read(GOOD.replace("hi", f'"{written}!"').encode(), "c.yaml", MINUTE).steps[0].blocks[0]
    assert block.content == Text("😀!")


GOOD = "zone: UTC\nsteps:\n- schedule: now\n  blocks: [hi]\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        # single fields, with their place and fix
        (GOOD + "threshold: ten", "c.yaml, line 5, threshold: The duration 'ten' cannot be read: write for"),
        (GOOD + "threshold: 30s", "c.yaml, line 5, threshold: The threshold 30s is not allowed: write one from 1m"),
        (GOOD + "threshold: 31d", "write one from 1m to 30d."),
        (GOOD + "threshold: 600", "The duration '600' cannot be read"),
        (GOOD + "lateness: 0s", "c.yaml, line 5, lateness: The lateness 0s is not allowed"),
        (GOOD + "skip_paid: maybe", "c.yaml, line 5, skip_paid: write true or false."),
        (GOOD.replace("UTC", "Europe/Berlim"), "c.yaml, line 1, zone: The time zone 'Europe/Berlim' is not known"),
        (GOOD.replace("UTC", "~"), "c.yaml, line 1, zone: write a plain text"),
        (GOOD.replace("UTC", "[UTC]"), "c.yaml, line 1, zone: write a plain text"),
        (GOOD.replace("now", "soon"), "c.yaml, line 3, steps[0].schedule: The schedule 'soon' cannot be read"),
        (GOOD.replace("[hi]", "[<h1>]"), "c.yaml, line 4, steps[0].blocks[0]: In line 1, column 1 of the text <h1>"),
        (GOOD.replace("[hi]", "['']"), "c.yaml, line 4, steps[0].blocks[0]: The text is empty"),
        (GOOD.replace("[hi]", "[~]"), "c.yaml, line 4, steps[0].blocks[0]: write a plain text"),
        (GOOD.replace("[hi]", "[{text: <b>}]"), "steps[0].blocks[0].text: In line 1, column 1"),
        (GOOD.replace("[hi]", '["\\ud800"]'), "a character that cannot be sent"),
        (GOOD.replace("[hi]", "[{text: x, delay: 61m}]"), "blocks[0].delay: The delay 1h1m is not allowed"),
        (GOOD.replace("[hi]", "[{text: x, delay: now}]"), "blocks[0].delay: The duration 'now' cannot be read"),
        (GOOD.replace("[hi]", "[{text: x, key: Olá}]"), "blocks[0].key: The key 'Olá' is invalid"),
        (GOOD.replace("[hi]", "[!!python/object:os.system x]"), "steps[0].blocks[0]: write a plain text"),
        # missing, unknown and repeated fields
        ("zone: UTC", "c.yaml, line 1: the field steps is missing: add it."),
        ("steps: []", "c.yaml, line 1: the field zone is missing: add it."),
        ("zone: UTC\nsteps:\n- schedule: now", "c.yaml, line 3, steps[0]: the field blocks is missing"),
        ("zone: UTC\nsteps:\n- blocks: []", "c.yaml, line 3, steps[0]: the field schedule is missing"),
        (GOOD.replace("[hi]", "[{delay: 5s}]"), "steps[0].blocks[0]: a field is missing: add one of text, photo, video"),
        (GOOD + "treshold: 10m", "c.yaml, line 5: the field 'treshold' is not known: did you mean threshold?"),
        (GOOD + "colour: red", "the field 'colour' is not known: use one of threshold, zone"),
        (GOOD + "<<: {zone: UTC}", "c.yaml, line 5: write a plain text"),
        (GOOD + "zone: UTC", "c.yaml, line 5: the field zone appears twice: delete one."),
        (GOOD + "? [a]\n: b", "c.yaml, line 5: write a plain text"),
        (GOOD + "- key: step-1\n  schedule: 1h\n  blocks: [x]", "c.yaml, line 5, steps[1]: the key step-1 appears twice"),
        (GOOD.replace("[hi]", "[{key: a, text: x}, {key: a, text: y}]"), "give each block its own"),
        # not a campaign at all
        ("", "c.yaml is empty"),
        ("# nothing", "c.yaml is empty"),
        ("- a", "c.yaml, line 1: write the fields threshold, zone"),
        ("hello", "c.yaml, line 1: write the fields"),
        ("zone: UTC\nsteps: now", "c.yaml, line 2, steps: write a list here"),
        ("zone: UTC\nsteps: [now]", "c.yaml, line 2, steps[0]: write the fields key, schedule"),
        ("zone: UTC\nsteps: []", "c.yaml: The campaign has nothing to send"),
        (GOOD.replace("[hi]", "[]"), "c.yaml: Step step-1 has no blocks"),
        (GOOD.replace("[hi]", "[[hi]]"), "steps[0].blocks[0]: write the fields key, text, photo"),
        (GOOD.replace("now", "now\n  active: false"), "nothing to send"),
        # not the YAML that we accept
        ("zone: UTC\n\tsteps: []", "c.yaml, line 2: not valid YAML ("),
        ("zone: 'UTC", "not valid YAML ("),
        ("zone: [", "not valid YAML ("),
        (GOOD + "---\n" + GOOD, "c.yaml, line 5: not valid YAML ("),
        ("zone: UTC\nsteps: \x07", "c.yaml, line 2: a character that YAML does not allow: delete it."),
        ("zone: &z UTC", "c.yaml, line 1: anchors and aliases are not allowed: write the value out."),
        ("zone: UTC\nsteps: *z", "c.yaml, line 2: anchors and aliases are not allowed"),
        ("[" * 10_000, "c.yaml, line 1: nested too deeply"),
        ("a:\n " + "- " * 10_000, "c.yaml, line 2: nested too deeply"),
        (b"zone: UTC\nsteps: \xff", "c.yaml, line 2: this is not UTF-8"),
        (GOOD.encode("utf-16"), "c.yaml, line 1: this is not UTF-8"),
        (b"#" * (MAX_BYTES + 1), "c.yaml is larger than 1024 KiB: shorten it."),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_line_and_fix(text: str | bytes, sentence: str) -> None:
    assert sentence in refused(text)


@given(st.recursive(st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)).map(str) | st.text())
def test_any_text_is_refused_with_our_own_error(text: str) -> None:
    with pytest.raises(CampaignError):
        read(text.encode("utf-8", "surrogatepass"), "c.yaml", MINUTE)


def test_a_file_is_loaded_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path, MINUTE).zone == "UTC"


def test_a_path_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"none\.yaml cannot be read \(No such file"):
        load(tmp_path / "none.yaml", MINUTE)
    with pytest.raises(CampaignError, match="Is a directory"):
        load(tmp_path, MINUTE)


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(CampaignError, match="larger than"):
        load(Path("/dev/zero"), MINUTE)
