"""A script's header is its signature: it names what the body uses, and the codes that Python knows.

Its order is always: what it does, why it is atomic, the keys, the arguments, what it returns, the codes.
"""

import re
from enum import IntEnum
from pathlib import Path

import pytest

from storage.redis import keys
from storage.redis.client import open_redis
from storage.redis.ownership import OwnCode
from storage.redis.timer_values import ClaimCode, Fence, Mended, Moved, Restored
from storage.redis.timers import Timers

SCRIPTS = sorted((Path(__file__).parents[2] / "lua").glob("*.lua"))
CODES: dict[str, type[IntEnum]] = {
    "claim_due": ClaimCode,
    "pass_fence": Fence,
    "extend_leases": Fence,
    "settle_timers": Fence,
    "restore_timers": Restored,
    "move_timers": Moved,
    "mend_timers": Mended,
    "confirm_feed": OwnCode,
    "take_ownership": OwnCode,
}
TAGS = (("A", "Atomic because "), ("K", "KEYS["), ("V", "ARGV["), ("R", "Returns "))
ORDER = r"d{1,3}AK+V+RC*"
SIZES = {1: "", 2: "pairs", 4: "fours", 5: "fives"}

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def _split(script: Path) -> tuple[list[str], str]:
    """Split the header, without its dashes, from the body."""
    lines = script.read_text(encoding="utf-8").splitlines()
    end = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return [line.removeprefix("-- ") for line in lines[:end]], "\n".join(lines[end:])


def _tag(line: str) -> str:
    if re.fullmatch(r"\d [A-Z]+", line):
        return "C"
    return next((tag for tag, start in TAGS if line.startswith(start)), "d")


def _arguments(header: list[str]) -> list[tuple[int, bool, str]]:
    """Read the number of each argument, whether a list begins there, and its name or names."""
    found = [re.fullmatch(r"ARGV\[(\d+)(\.\.)?\] (\w+(?:, \w+)*)(  .+)?", line) for line in header if _tag(line) == "V"]
    assert None not in found
    return [(int(match[1]), bool(match[2]), match[3]) for match in found if match]


def test_every_script_is_looked_at() -> None:
    of_chats = set(Timers(open_redis("redis://127.0.0.1:1"))._scripts)
    assert {script.stem for script in SCRIPTS} == of_chats | {"take_ownership", "record_arrivals"}


@each_script
def test_the_header_has_its_parts_in_order(script: Path) -> None:
    header, _ = _split(script)
    assert re.fullmatch(ORDER, "".join(_tag(line) for line in header))


@each_script
def test_the_keys_named_are_the_keys_used(script: Path) -> None:
    header, body = _split(script)
    key = re.compile(r'KEYS\[(\d+)\] (\w+) +(?:ZSET|HASH|STRING) "?\w+')
    named = [key.match(line) for line in header if _tag(line) == "K"]
    assert [int(match[1]) for match in named if match] == [n + 1 for n in range(len(named))]
    assert {match[2] for match in named if match} <= {*keys.BotKeys._fields, "held"}
    assert set(re.findall(r"KEYS\[([^]]+)\]", body)) == {match[1] for match in named if match}


@each_script
def test_the_arguments_named_are_the_arguments_used(script: Path) -> None:
    header, body = _split(script)
    arguments = _arguments(header)
    assert [number for number, _, _ in arguments] == [n + 1 for n in range(len(arguments))]
    used = set(re.findall(r"ARGV\[([^]]+)\]", body))
    assert {int(name) for name in used if name.isdigit()} == {number for number, many, _ in arguments if not many}


@each_script
def test_a_list_of_arguments_is_walked_as_it_is_named(script: Path) -> None:
    header, body = _split(script)
    lists = [(number, names.split(", ")) for number, many, names in _arguments(header) if many]
    loops = [(int(start), int(step or 1)) for start, step in re.findall(r"for i = (\d+), #ARGV(?:, (\d+))? do", body)]
    assert loops == [(number, len(names)) for number, names in lists]
    used = {name for name in re.findall(r"ARGV\[([^]]+)\]", body) if not name.isdigit()}
    assert used == {"i" if n == 0 else f"i + {n}" for _, names in lists for n in range(len(names))}
    for line, (_, names) in zip([line for line in header if re.match(r"ARGV\[\d+\.\.", line)], lists, strict=True):
        assert f"  {SIZES[len(names)]}" in line
        assert "at most 512" in line


@each_script
def test_the_codes_named_are_the_codes_that_python_knows(script: Path) -> None:
    header, _ = _split(script)
    named = {line.split()[1]: int(line.split()[0]) for line in header if _tag(line) == "C"}
    known = CODES.get(script.stem)
    assert named == ({} if known is None else {code.name: code.value for code in known})


@each_script
def test_an_urgent_timer_is_set_apart_by_the_number_that_python_knows(script: Path) -> None:
    _, body = _split(script)
    assert {*re.findall(r"local urgency = (\d+)", body)} <= {str(keys.URGENCY_MS)}
    assert re.findall(r"\d{10,}", body) == re.findall(r"local urgency = (\d+)", body)


def test_states_are_packed_by_the_same_lines_in_every_script() -> None:
    bodies = {script.stem: _split(script)[1] for script in SCRIPTS}
    packing = [body[: body.index("local function packed")] for body in bodies.values() if "packed(" in body]
    reading = [re.search(r"local function packed.*?\nend\n", body, re.DOTALL) for body in bodies.values()]
    assert len({*packing}) == 1
    assert len({found[0] for found in reading if found}) == 1
    reach_states = {
        name for name, body in bodies.items() if "'HGET', KEYS[2], chat" in body or "'HGET', KEYS[1], A" in body
    }
    assert reach_states <= {name for name, body in bodies.items() if "packed(" in body}


@each_script
def test_a_script_is_short_and_bounded(script: Path) -> None:
    _, body = _split(script)
    assert len(body.splitlines()) < 60
    calls = set(re.findall(r"redis\.call\('(\w+)'", body))
    assert calls <= {
        "TIME",
        "GET",
        "SET",
        "UNLINK",
        "ZCARD",
        "ZREMRANGEBYSCORE",
        "ZREMRANGEBYRANK",
        "HGET",
        "HMGET",
        "HSET",
        "HDEL",
        "ZADD",
        "ZREM",
        "ZRANGE",
        "ZRANGEBYSCORE",
        "ZREVRANGEBYSCORE",
        "ZSCORE",
    }
    for ranged in re.findall(r"'Z(?:REV)?RANGEBYSCORE'[^\n]*", body):
        assert "'LIMIT'" in ranged, "no command whose cost grows with the data"
    bounded = re.compile(r"'ZRANGE', KEYS\[\d\], (?:0, 0|0, 511|-1, -1)\b")
    assert len(bounded.findall(body)) == body.count("'ZRANGE'")


@each_script
def test_a_script_reaches_only_the_keys_that_it_is_given(script: Path) -> None:
    _, body = _split(script)
    reached = re.findall(r"redis\.call\('(?!TIME)\w+', ([^,)]+)", body)
    assert reached
    assert all(re.fullmatch(r"KEYS\[\d\]", key) for key in reached)
