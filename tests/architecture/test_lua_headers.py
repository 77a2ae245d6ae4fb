"""A script's header is its signature: it names what the body uses, and the codes that Python knows.

Its order is always: what it does, why it is atomic, the preambles, the keys, the arguments, what it returns, the codes.
"""

import re
from collections import Counter
from enum import IntEnum
from pathlib import Path

import pytest

from storage.redis import keys
from storage.redis.client import open_redis
from storage.redis.ownership import OwnCode
from storage.redis.timer_values import ClaimCode, Fence, Mended, Moved, Restored
from storage.redis.timers import Timers

LUA = Path(__file__).parents[2] / "lua"
SCRIPTS = sorted(LUA.glob("*.lua"))
PREAMBLES = sorted((LUA / "preamble").glob("*.lua"))
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
TAGS = (("A", "Atomic because "), ("B", "Begins with "), ("K", "KEYS["), ("V", "ARGV["), ("R", "Returns "))
ORDER = r"d{1,3}AB?K+V+RC*"
SIZES = {1: "", 2: "pairs", 3: "triples", 4: "fours", 5: "fives"}

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
each_preamble = pytest.mark.parametrize("preamble", PREAMBLES, ids=lambda preamble: preamble.stem)


def _split(script: Path) -> tuple[list[str], str]:
    """Split the header, without its dashes, from the body."""
    lines = script.read_text(encoding="utf-8").splitlines()
    end = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return [line.removeprefix("-- ") for line in lines[:end]], "\n".join(lines[end:])


def _preambles(script: Path) -> list[Path]:
    named = [line.removeprefix("Begins with ") for line in _split(script)[0] if _tag(line) == "B"]
    return [LUA / f"preamble/{name}.lua" for names in named for name in names.split(", ")]


def _whole(script: Path) -> str:
    """Put the bodies of its preambles before its own."""
    return "\n".join(_split(part)[1] for part in (*_preambles(script), script))


def _defined(preamble: Path) -> set[str]:
    """Find the names that it gives to what follows."""
    locals_ = re.findall(r"^local (?:function (\w+)|(\w+) =)", _split(preamble)[1], re.MULTILINE)
    return {function or variable for function, variable in locals_}


def _keys(script: Path) -> dict[str, str]:
    """Find how each key is reached, by its name."""
    named = [re.match(r"(KEYS\[\d+\]) (\w+)", line) for line in _split(script)[0] if _tag(line) == "K"]
    return {match[2]: match[1] for match in named if match}


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
    header, body = _split(script)[0], _whole(script)
    key = re.compile(r'KEYS\[(\d+)\] (\w+) +(?:ZSET|HASH|STRING) "?\w+')
    named = [key.match(line) for line in header if _tag(line) == "K"]
    assert [int(match[1]) for match in named if match] == [n + 1 for n in range(len(named))]
    assert {match[2] for match in named if match} <= {*keys.BotKeys._fields, "held"}
    assert set(re.findall(r"KEYS\[([^]]+)\]", body)) == {match[1] for match in named if match}


@each_script
def test_the_arguments_named_are_the_arguments_used(script: Path) -> None:
    header, body = _split(script)[0], _whole(script)
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


def test_an_urgent_timer_is_set_apart_by_the_number_that_python_knows() -> None:
    numbers = {path.stem: re.findall(r"\d{10,}", _split(path)[1]) for path in (*SCRIPTS, *PREAMBLES)}
    assert {stem: found for stem, found in numbers.items() if found} == {"urgency": [str(keys.URGENCY_MS)]}


@each_script
def test_a_script_begins_with_the_preambles_that_it_needs_and_no_others(script: Path) -> None:
    before: set[str] = set()
    everything = {name for preamble in PREAMBLES for name in _defined(preamble)}
    parts = [*_preambles(script), script]
    for place, part in enumerate(parts):
        needed = everything & _words(part) - _defined(part) - _own(part)
        assert needed <= before, f"{part.stem} comes before what it needs"
        rest = {word for later in parts[place + 1 :] for word in _words(later)}
        assert part == script or _defined(part) & rest, f"{part.stem} is not used"
        before |= _defined(part)


def _words(path: Path) -> set[str]:
    """Find the names in a body, without what is said in strings."""
    return set(re.findall(r"[a-z_]\w*", re.sub(r"'[^']*'", "", _split(path)[1])))


def _own(path: Path) -> set[str]:
    """Find the names of its own variables and parameters, at any depth."""
    listed = re.findall(r"(?:local (?!function)|function \w+\(|for )([\w, ]+)", _split(path)[1])
    return {name for names in listed for name in re.findall(r"\w+", names)}


def test_what_several_scripts_say_stands_in_a_preamble() -> None:
    said = Counter(lines for path in (*SCRIPTS, *PREAMBLES) for lines in set(_runs(_split(path)[1])))
    assert [lines for lines, times in said.items() if times > 1] == []


def _runs(body: str) -> list[str]:
    """List every four lines that follow one another, apart from indentation and the ends of blocks."""
    lines = [line.strip() for line in body.splitlines() if line.strip() not in {"", "end"}]
    return ["\n".join(lines[place : place + 4]) for place in range(len(lines) - 3)]


@each_script
def test_a_state_is_packed_as_soon_as_it_is_read(script: Path) -> None:
    """It may be one that an earlier release wrote as text."""
    state, body = _keys(script).get("state"), _split(script)[1]
    if state:
        assert body.count(f"redis.call('HGET', {state},") == body.count(f"packed(redis.call('HGET', {state},") > 0
    assert not re.search(r"string\.(byte|char)", body)


@each_preamble
def test_a_preamble_says_what_it_gives_and_reaches_no_key_by_itself(preamble: Path) -> None:
    header, body = _split(preamble)
    assert header
    assert "KEYS[" not in body
    assert any(preamble in _preambles(script) for script in SCRIPTS)
    assert set(re.findall(r"redis\.call\('(?!TIME)\w+', (\w+)", body)) <= {"timers"}


@each_script
def test_a_script_is_short_and_bounded(script: Path) -> None:
    assert len(_split(script)[1].splitlines()) < 60
    body = _whole(script)
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
    bounded = re.compile(r"'ZRANGE', (?:KEYS\[\d\]|timers), (?:0, 0|0, 511|-1, -1)\b")
    assert len(bounded.findall(body)) == body.count("'ZRANGE'")


@each_script
def test_a_script_reaches_only_the_keys_that_it_is_given(script: Path) -> None:
    _, body = _split(script)
    reached = re.findall(r"redis\.call\('(?!TIME)\w+', ([^,)]+)", body)
    assert reached
    assert all(re.fullmatch(r"KEYS\[\d\]", key) for key in reached)
