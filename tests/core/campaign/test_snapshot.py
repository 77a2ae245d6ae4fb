"""What a campaign must be before it may be published, and its document."""

import re
from datetime import datetime
from typing import get_args

import msgspec
import pytest

from engine.core.campaign.checks import check
from engine.core.campaign.document import decode, encode
from engine.core.campaign.forecast import PlannedStep, around_midnight, forecast
from engine.core.campaign.lifecycle import Action, State, activated_at, after, ends_episodes
from engine.core.campaign.snapshot import DAY_MS, Block, Snapshot, Step, assets, places
from engine.core.content.model import Album, Asset, Effects, Item, Media, Replace, Text
from engine.core.errors import CampaignError
from engine.core.schedule.sending_hours import Window
from engine.core.schedule.step_schedule import After, OnDay

MINUTE = 60_000
BLOCK = Block(key="hello", content=Text("Olá <b>você</b>"))
STEP = Step(key="first", schedule=After(0), blocks=(BLOCK,))
GOOD = Snapshot(
    zone="America/Sao_Paulo",
    steps=(STEP, Step(key="second", schedule=OnDay(1, 9, 30), blocks=(BLOCK, Block(key="two", content=Text("2"))))),
)


def replace(snapshot: Snapshot, **changes: object) -> Snapshot:
    return msgspec.structs.replace(snapshot, **changes)


def with_block(**changes: object) -> Snapshot:
    block = msgspec.structs.replace(BLOCK, **changes)
    return replace(GOOD, steps=(msgspec.structs.replace(STEP, blocks=(block,)),))


def test_a_good_campaign_passes() -> None:
    check(GOOD, MINUTE)


@pytest.mark.parametrize("threshold", [MINUTE, 30 * DAY_MS])
def test_the_bounds_of_the_threshold_are_allowed(threshold: int) -> None:
    check(replace(GOOD, threshold_ms=threshold), MINUTE)


def test_a_sandbox_may_allow_seconds() -> None:
    check(replace(GOOD, threshold_ms=1000), 1000)


@pytest.mark.parametrize(
    ("campaign", "sentence"),
    [
        (
            replace(GOOD, threshold_ms=MINUTE - 1),
            "The threshold 59s999ms is not allowed: write one from 1m to 30d.",
        ),
        (
            replace(GOOD, threshold_ms=30 * DAY_MS + 1),
            "The threshold 30d1ms is not allowed: write one from 1m to 30d.",
        ),
        (
            replace(GOOD, lateness_ms=31 * DAY_MS),
            "The lateness 31d is not allowed: write one from 1s to 30d.",
        ),
        (replace(GOOD, lateness_ms=999), "The lateness 999ms is not allowed"),
        (replace(GOOD, zone="Europe/Berlim"), "did you mean Europe/Berlin?"),
        (replace(GOOD, steps=()), "nothing to send: add an active step with an active block"),
        (replace(GOOD, steps=(msgspec.structs.replace(STEP, active=False),)), "nothing to send"),
        (with_block(active=False), "nothing to send"),
        (replace(GOOD, steps=(msgspec.structs.replace(STEP, blocks=()),)), "Step first has no blocks"),
        (replace(GOOD, steps=(STEP, STEP)), "The key 'first' is used twice: give each step its own"),
        (
            replace(GOOD, steps=(msgspec.structs.replace(STEP, blocks=(BLOCK, BLOCK)),)),
            "The key 'hello' is used twice: give each block its own",
        ),
        (with_block(key="Olá"), "Step first, block Olá: The key 'Olá' is invalid"),
        (with_block(key="x" * 33), "is invalid: write 1 to 32 of a-z, 0-9 and -"),
        (with_block(content=Text("<h1>x</h1>")), "Step first, block hello: In line 1, column 1"),
        (with_block(content=Text("")), "Step first, block hello: The text is empty"),
        (with_block(languages={"en": Text("")}), "Step first, block hello: language en: The text is empty"),
        (
            with_block(effects=Effects(on_return=Replace("")), languages={"pt": Text("x")}),
            "Step first, block hello: after a return: The replacement is empty",
        ),
        (
            with_block(effects=Effects(on_return=Replace("x")), languages={"pt": Media("sticker", "0f" * 32)}),
            "after a return: There is no text to replace in sticker",
        ),
        (with_block(delay_ms=60 * MINUTE + 1), "Step first, block hello: The delay 1h1ms is not allowed"),
        (with_block(delay_ms=-1), "Step first, block hello: The delay"),
    ],
)
def test_a_campaign_that_cannot_be_sent_is_refused(campaign: Snapshot, sentence: str) -> None:
    with pytest.raises(CampaignError, match=re.escape(sentence)):
        check(campaign, MINUTE)


def test_a_text_that_is_switched_off_must_be_valid_as_well() -> None:
    spare = Step(key="spare", schedule=After(0), blocks=(Block(key="b", content=Text("<x>")),), active=False)
    with pytest.raises(CampaignError, match="Step spare, block b") as refusal:
        check(replace(GOOD, steps=(STEP, spare)), MINUTE)
    assert (refusal.value.step, refusal.value.block) == ("spare", "b")


def test_a_step_that_cannot_be_sent_is_known_by_its_key() -> None:
    with pytest.raises(CampaignError) as refusal:
        check(replace(GOOD, steps=(STEP, msgspec.structs.replace(STEP, key="spare", blocks=()))), MINUTE)
    assert (refusal.value.step, refusal.value.block) == ("spare", None)


def test_faults_of_the_whole_campaign_have_no_place() -> None:
    with pytest.raises(CampaignError) as refusal:
        check(replace(GOOD, steps=()), MINUTE)
    assert (refusal.value.step, refusal.value.block) == (None, None)


def test_the_files_of_a_campaign_are_named_once_each() -> None:
    photo, video = Asset("photo", "0a" * 32), Asset("video", "0a" * 32)
    album = Album((Item("photo", photo.sha256), Item("video", video.sha256)))
    block = Block("a", Media(*photo), active=False, languages={"en": album, "pt": Text("x")})
    campaign = replace(
        GOOD, steps=(*GOOD.steps, Step("files", After(0), (block, msgspec.structs.replace(block, key="b"))))
    )
    assert assets(campaign) == (photo, video)
    assert places(campaign) == dict.fromkeys((photo, video), ("files", "a"))
    assert assets(GOOD) == ()


def test_a_document_reads_back_the_same() -> None:
    assert decode(encode(GOOD)) == GOOD


def test_a_document_carries_every_field_and_its_layout() -> None:
    document = msgspec.json.decode(encode(GOOD))
    assert set(document) == set(Snapshot.__struct_fields__)
    assert document["layout"] == 3


def test_a_document_of_texts_only_is_still_read() -> None:
    block = {"key": "hello", "text": "Oi {you}", "kind": "text", "delay_ms": 5, "active": False}
    step = {"key": "first", "schedule": msgspec.to_builtins(After(0)), "blocks": [block], "active": True}
    head = {"zone": "UTC", "threshold_ms": 60_000, "skip_paid": False, "lateness_ms": 1_000, "layout": 1}
    read = decode(msgspec.json.encode({**head, "steps": [step]}).decode())
    blocks = (Block("hello", Text("Oi {{you}}"), 5, active=False),)
    assert read == Snapshot("UTC", (Step("first", After(0), blocks),), 60_000, skip_paid=False, lateness_ms=1_000)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (encode(replace(GOOD, layout=4)), "has layout 4, this engine reads 3"),
        ('{"layout": 4, "shape": "of tomorrow"}', "has layout 4"),
        ('{"zone": "UTC", "steps": []}', "damaged"),
        ('{"layout": 1, "zone": "UTC"}', "damaged"),
        ('{"layout": 2, "zone": "UTC", "steps": [], "more": 1}', "damaged"),
        ("{", "damaged"),
        ("", "damaged"),
    ],
)
def test_a_document_of_another_shape_is_refused(document: str, sentence: str) -> None:
    with pytest.raises(CampaignError, match=sentence):
        decode(document)


REFUSED = {
    ("draft", "pause"): "activate it",
    ("draft", "stop"): "activate it",
    ("stopped", "pause"): "activate it",
    ("shadow", "pause"): "stop it",
    ("live", "shadow"): "stop it",
    ("paused", "shadow"): "stop it",
    ("finishing", "shadow"): "stop it",
    ("draft", "finish"): "activate it",
    ("stopped", "finish"): "activate it",
    ("shadow", "finish"): "stop it",
    ("draft", "resume"): "activate it",
    ("shadow", "resume"): "stop it",
    ("stopped", "resume"): "activate it",
}


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("action", get_args(Action))
def test_an_action_that_is_done_twice_is_done_once(state: State, action: Action) -> None:
    if mend := REFUSED.get((state, action)):
        with pytest.raises(CampaignError, match=f"A campaign that is {state} cannot take {action}: {mend} first"):
            after(state, action)
    else:
        assert after(after(state, action), action) == after(state, action)


@pytest.mark.parametrize("state", ["live", "finishing"])
def test_a_pause_leads_back_to_what_was_paused(state: State) -> None:
    assert after(after(state, "pause"), "resume", state) == state


@pytest.mark.parametrize(
    ("action", "state"), [("activate", "live"), ("pause", "paused"), ("finish", "finishing"), ("stop", "stopped")]
)
def test_a_live_campaign_obeys(action: Action, state: State) -> None:
    assert after("live", action) == state


@pytest.mark.parametrize(
    ("before", "state", "previous", "expected"),
    [
        ("draft", "live", None, 9),
        ("stopped", "live", 5, 9),
        ("paused", "live", 5, 5),
        ("live", "paused", 5, 5),
        ("live", "stopped", 5, 5),
        ("draft", "shadow", None, 9),
        ("stopped", "shadow", 5, 9),
        ("shadow", "shadow", 5, 5),
        ("shadow", "live", 5, 9),
        ("shadow", "stopped", 5, 5),
    ],
)
def test_silences_count_from_the_last_start(before: State, state: State, previous: int | None, expected: int) -> None:
    assert activated_at(before, state, previous, 9) == expected


@pytest.mark.parametrize(("action", "state"), [("activate", "live"), ("shadow", "shadow"), ("stop", "stopped")])
def test_a_campaign_in_shadow_obeys(action: Action, state: State) -> None:
    assert after("shadow", action) == state


def test_episodes_end_with_a_stop_and_when_a_shadow_goes_live() -> None:
    changes = {
        (before, state) for before in get_args(State) for state in get_args(State) if ends_episodes(before, state)
    }
    assert changes == {("shadow", "live"), *((before, "stopped") for before in get_args(State))}


def test_each_step_is_anchored_at_the_end_of_the_one_before() -> None:
    slow = (
        BLOCK,
        Block(key="later", content=Text("2"), delay_ms=5 * MINUTE),
        Block(key="off", content=Text("3"), active=False),
    )
    steps = (
        Step(key="now", schedule=After(0), blocks=slow),
        Step(key="off", schedule=OnDay(9, 9, 30), blocks=(BLOCK,), active=False),
        Step(key="empty", schedule=OnDay(9, 9, 30), blocks=(msgspec.structs.replace(BLOCK, active=False),)),
        Step(key="soon", schedule=After(0), blocks=(msgspec.structs.replace(BLOCK, delay_ms=MINUTE),)),
        Step(key="morning", schedule=OnDay(1, 9, 30), blocks=(BLOCK,)),
        Step(key="evening", schedule=OnDay(3, 18, 0), blocks=(BLOCK,)),
    )
    assert forecast(replace(GOOD, steps=steps), at("2026-11-25T23:45-03:00")) == (
        PlannedStep("now", at("2026-11-25T23:55-03:00")),
        PlannedStep("soon", at("2026-11-26T00:01-03:00")),
        PlannedStep("morning", at("2026-11-27T09:30-03:00")),
        PlannedStep("evening", at("2026-11-30T18:00-03:00")),
    )


def test_a_step_outside_the_hours_is_marked_and_still_anchors_the_next() -> None:
    steps = (
        Step(key="now", schedule=After(0), blocks=(BLOCK,)),
        Step(key="then", schedule=After(10 * 3_600_000), blocks=(BLOCK,)),
    )
    hours = Window(9 * 60, 21 * 60, mode="drop")
    assert forecast(replace(GOOD, steps=steps, window=hours), at("2026-11-25T23:30-03:00")) == (
        PlannedStep("now", at("2026-11-25T23:40-03:00"), outside=True),
        PlannedStep("then", at("2026-11-26T09:40-03:00")),
    )


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "schedule", "now", "expected"),
    [
        (
            "America/Sao_Paulo",
            OnDay(1, 9, 30),
            "2026-11-25T12:00-03:00",
            ("2026-11-26T09:30-03:00", "2026-11-27T09:30-03:00"),
        ),
        (
            "America/Sao_Paulo",
            OnDay(3, 0, 0),
            "2026-11-25T00:00-03:00",
            ("2026-11-28T00:00-03:00", "2026-11-29T00:00-03:00"),
        ),
        ("Asia/Tokyo", OnDay(1, 9, 30), "2026-11-25T12:00-03:00", ("2026-11-27T09:30+09:00", "2026-11-28T09:30+09:00")),
        (
            "Europe/Berlin",
            OnDay(1, 2, 30),
            "2026-03-27T12:00+01:00",
            ("2026-03-28T02:30+01:00", "2026-03-29T03:30+02:00"),
        ),
    ],
)
def test_a_silence_after_midnight_is_a_day_later(
    zone: str, schedule: OnDay, now: str, expected: tuple[str, str]
) -> None:
    step = msgspec.structs.replace(STEP, schedule=schedule)
    assert around_midnight(replace(GOOD, zone=zone), step, at(now)) == tuple(map(at, expected))


def test_both_sides_of_midnight_heed_the_delay_of_the_first_block_and_the_window() -> None:
    step = Step(
        "s", OnDay(1, 9, 30), (msgspec.structs.replace(BLOCK, active=False), Block("b", Text("b"), delay_ms=MINUTE))
    )
    thursdays = replace(GOOD, window=Window(540, 1260, (4,)))
    assert around_midnight(thursdays, step, at("2026-11-25T12:00-03:00")) == (
        at("2026-11-26T09:31-03:00"),
        at("2026-12-03T09:00-03:00"),
    )
    assert around_midnight(GOOD, msgspec.structs.replace(step, blocks=()), at("2026-11-25T12:00-03:00"))[0] == at(
        "2026-11-26T09:30-03:00"
    )
