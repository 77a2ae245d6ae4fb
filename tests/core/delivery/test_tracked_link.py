"""A button is found again in its version by its numbers, and no numbers lead to anything but a tracked button."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.campaign.snapshot import Block, Snapshot, Step, choose
from engine.core.content.model import (
    Album,
    Button,
    Buttons,
    Content,
    CopyButton,
    Item,
    StopButton,
    Text,
    UrlButton,
    buttons,
)
from engine.core.delivery.tracked_link import (
    PACKED_BYTES,
    Reference,
    TrackedButton,
    find,
    numbers_of,
    pack,
    unpack,
)
from engine.core.schedule.step_schedule import After

_REFERENCE = Reference(7, 41, 1_800_000_000_000, 3, 0, 0)
_ADDRESSES = st.sampled_from(["https://a.example", "http://b.example", "HTTPS://c.example", "tg://resolve?domain=x"])
_BUTTONS = (
    st.builds(UrlButton, st.just("b"), _ADDRESSES, st.booleans())
    | st.just(CopyButton("c", "CODE"))
    | st.just(StopButton("s"))
)


def _tuples(of: st.SearchStrategy[Button]) -> st.SearchStrategy[Buttons]:
    return st.lists(st.lists(of, min_size=1, max_size=2).map(tuple), max_size=2).map(tuple)


_CONTENTS: st.SearchStrategy[Content] = st.builds(lambda rows: Text("x", buttons=rows), _tuples(_BUTTONS)) | st.just(
    Album((Item("photo", "0" * 64), Item("photo", "1" * 64)))
)
_LANGUAGES = st.dictionaries(st.sampled_from(["pt", "pt-br", "en"]), _CONTENTS, max_size=2)


@st.composite
def _snapshots(draw: st.DrawFn) -> Snapshot:
    """Blocks of different steps may share a key."""
    return Snapshot(
        "UTC",
        tuple(
            Step(
                f"s{step}",
                After(0),
                tuple(Block(f"b{n}", draw(_CONTENTS), languages=draw(_LANGUAGES)) for n in range(2)),
            )
            for step in range(draw(st.integers(0, 2)))
        ),
    )


def _reordered(snapshot: Snapshot) -> Snapshot:
    """The same version, with its languages in another order."""
    return replace(
        snapshot, steps=tuple(replace(step, blocks=tuple(map(_turned, step.blocks))) for step in snapshot.steps)
    )


def _turned(block: Block) -> Block:
    return replace(block, languages=dict(reversed(block.languages.items())))


def _all_buttons(snapshot: Snapshot) -> list[TrackedButton]:
    """Every button with an address, tracked or not, as a poller comes across it."""
    return [
        TrackedButton(step.key, block.key, variant, row, column, button.url)
        for step in snapshot.steps
        for block in step.blocks
        for variant in ["", *block.languages]
        for row, line in enumerate(buttons(choose(block, variant)))
        for column, button in enumerate(line)
        if isinstance(button, UrlButton) and button.tracked and button.url.lower().startswith("http")
    ]


@given(_snapshots())
def test_every_tracked_button_is_found_by_its_numbers(snapshot: Snapshot) -> None:
    expected = _all_buttons(snapshot)
    numbers = [numbers_of(snapshot, button) for button in expected]
    assert len(set(numbers)) == len(expected)
    for button, found in zip(expected, numbers, strict=True):
        assert found is not None
        for same in (snapshot, _reordered(snapshot)):
            assert find(same, _REFERENCE._replace(block=found[0], button=found[1])) == button


@given(_snapshots(), st.integers(0, 9), st.integers(0, 9))
def test_no_numbers_lead_to_anything_else(snapshot: Snapshot, block: int, button: int) -> None:
    found = find(snapshot, _REFERENCE._replace(block=block, button=button))
    assert found is None or found in _all_buttons(snapshot)


@given(_snapshots())
def test_a_button_of_another_version_has_no_numbers(snapshot: Snapshot) -> None:
    """Its address counts: a link never leads to what another version has in its place."""
    for button in _all_buttons(snapshot):
        for other in ({"url": "https://other.example"}, {"step": "gone"}, {"block": "gone"}, {"row": 9}):
            assert numbers_of(snapshot, button._replace(**other)) is None


@pytest.mark.parametrize("place", range(6))
def test_a_number_that_does_not_fit_is_not_packed(place: int) -> None:
    most = (2**52 - 1, 2**52 - 1, 2**42 - 1, 2**18 - 1, 2**12 - 1, 2**8 - 1)
    packed = pack(Reference(*most))
    assert packed == b"\xff" * PACKED_BYTES
    assert unpack(packed) == most
    for number in (-1, most[place] + 1):
        assert pack(Reference(*(*most[:place], number, *most[place + 1 :]))) is None
