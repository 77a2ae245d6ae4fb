"""Every kind of update and every part of a message that the Bot API has is decided, and documented as it is decided."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.sandbox.bot_api.spec import read_spec
from engine.receiver.events import Event, Gone, Refund, SignOfLife
from engine.receiver.update_fields import Update
from engine.receiver.update_kinds import ALLOWED, KINDS, Dated, Meaning
from engine.receiver.updates import read_update
from tests.receiver.update_samples import ANA, UPDATES, sample_of

DOCUMENT = (Path(__file__).parents[2] / "docs" / "updates.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \| .+ \|$", re.MULTILINE)
PARTS = re.compile(r"^\*\*(.+?)[:,]?\*\*(.*?)(?=^\*\*|\Z)", re.MULTILINE | re.DOTALL)
NO_PART = {"is_recurring", "is_first_recurring", "/stop"}


def names_of(type_name: str) -> set[str]:
    return {name for name, field in read_spec().types[type_name].items() if not field.deprecated}


def documented_parts() -> dict[str, str]:
    """Each part of a message, with the words of the group that it stands in."""
    _, _, section = DOCUMENT.partition("## Parts of a message")
    groups = {found[1]: re.findall(r"`([\w/]+)`", found[2]) for found in PARTS.finditer(section)}
    listed = [(name, words) for words, names in groups.items() for name in names if name not in NO_PART]
    assert len(listed) == len(dict(listed))
    return dict(listed)


def read(update: dict[str, Any]) -> Event | None:
    reading = read_update(msgspec.json.encode({"update_id": 1, **update}))
    assert reading.bad is None
    return reading.event


def test_every_kind_of_update_is_decided() -> None:
    assert set(KINDS) == names_of("Update") - {"update_id"}


def test_every_kind_is_documented_as_it_is_decided() -> None:
    documented = {kind: (meaning, dated) for kind, meaning, dated in ROW.findall(DOCUMENT)}
    assert documented == {name: (kind.meaning, kind.dated) for name, kind in KINDS.items()}


def test_what_means_something_is_asked_for_and_decoded() -> None:
    asked = {name for name, kind in KINDS.items() if kind.meaning is not Meaning.NOTHING}
    assert set(ALLOWED) == asked
    assert set(Update.__struct_fields__) == asked | {"update_id"}


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_means_what_the_table_says(name: str) -> None:
    meaning, dated, _ = KINDS[name]
    event = read({name: UPDATES[name]})
    if meaning is Meaning.NOTHING:
        assert event is None
        return
    if meaning is Meaning.GONE:
        assert isinstance(event, Gone)
        return
    assert isinstance(event, SignOfLife)
    assert event.if_known == (meaning in (Meaning.IF_KNOWN, Meaning.PURCHASE))
    assert bool(event.payment) == (meaning is Meaning.PURCHASE)
    assert bool(event.seen_ms) == (dated is not Dated.NOW)


def test_every_part_of_a_message_is_documented() -> None:
    assert set(documented_parts()) == names_of("Message")


@pytest.mark.parametrize(("name", "words"), documented_parts().items())
def test_a_part_means_what_its_group_says(name: str, words: str) -> None:
    """What only groups have is told by the chat, so such a part is tried in one."""
    field = read_spec().types["Message"][name]
    message = UPDATES["message"] | ({} if name in UPDATES["message"] else {name: sample_of(field.shape)})
    if "only groups" in words:
        message = message | {"chat": {"id": -100, "type": "supergroup"}}
    event = read({"message": message})
    if words.startswith("nothing"):
        assert event is None
    elif words.startswith("refund"):
        assert isinstance(event, Refund)
    else:
        assert isinstance(event, SignOfLife)
        assert (event.chat_id, bool(event.payment)) == (ANA["id"], words.startswith("payment"))
