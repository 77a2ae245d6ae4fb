"""A script's header is its signature: it names what the body uses, and the codes that Python knows."""

import re
from enum import IntEnum
from pathlib import Path

import pytest

from storage.timers import ClaimCode, Fence, Restored

SCRIPTS = sorted((Path(__file__).parents[2] / "lua").glob("*.lua"))
CODES: dict[str, type[IntEnum]] = {
    "claim": ClaimCode,
    "pass": Fence,
    "extend": Fence,
    "settle": Fence,
    "restore": Restored,
}
PARTS = ("-- Atomic because ", "-- KEYS[1] ", "-- ARGV[1", "-- Returns ")

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def _split(script: Path) -> tuple[list[str], str]:
    lines = script.read_text(encoding="utf-8").splitlines()
    end = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return lines[:end], "\n".join(lines[end:])


@each_script
def test_the_header_has_its_parts_in_order(script: Path) -> None:
    header, _ = _split(script)
    places = [next((n for n, line in enumerate(header) if line.startswith(part)), -1) for part in PARTS]
    assert places == sorted(places)
    assert places[0] > 0, "what it does comes first"


@each_script
def test_the_keys_named_are_the_keys_used(script: Path) -> None:
    header, body = _split(script)
    named = re.findall(r"^-- KEYS\[(\d+)\] \w+ +\w+", "\n".join(header), re.MULTILINE)
    assert named == [str(n + 1) for n in range(len(named))]
    assert set(re.findall(r"KEYS\[(\d+)\]", body)) == set(named)


@each_script
def test_the_arguments_named_are_the_arguments_used(script: Path) -> None:
    header, body = _split(script)
    named = re.findall(r"^-- ARGV\[(\d+)(\.\.)?\] \w+", "\n".join(header), re.MULTILINE)
    assert [number for number, _ in named] == [str(n + 1) for n in range(len(named))]
    single = {number for number, many in named if not many}
    assert set(re.findall(r"ARGV\[(\d+)\]", body)) == single
    starts = [number for number, many in named if many]
    assert re.findall(r"for i = (\d+), #ARGV", body) == starts


@each_script
def test_the_codes_named_are_the_codes_that_python_knows(script: Path) -> None:
    header, _ = _split(script)
    named = {name: int(code) for code, name in re.findall(r"^-- (\d) ([A-Z]+)$", "\n".join(header), re.MULTILINE)}
    known = CODES.get(script.stem)
    assert named == ({} if known is None else {code.name: code.value for code in known})


@each_script
def test_a_script_is_short_and_bounded(script: Path) -> None:
    _, body = _split(script)
    assert len(body.splitlines()) < 60
    assert not re.search(r"\b(KEYS|SCAN|HGETALL|SMEMBERS)'", body), "no command whose cost grows with the data"
