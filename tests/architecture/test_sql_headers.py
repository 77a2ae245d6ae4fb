"""A statement's header is its signature: it names what goes in, in order, and what comes out.

Its order is always: what it does, the parameters, the numbers, what it returns. It is compared with the statement
itself, with what PostgreSQL makes of it, and with the named tuples that Python passes and reads.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.core.campaign.frequency_caps import DAY_MS, MONTH_MS, WEEK_MS
from engine.core.delivery.tap import TappedDelivery
from engine.core.identity import SECOND_MS
from storage import postgres
from storage.postgres import api_keys, message_sweeps, replans
from storage.postgres.api_keys import ActiveKey
from storage.postgres.chats import Ended, Life, _Return
from storage.postgres.deliveries import begin, claim, report
from storage.postgres.deliveries.locks import EpisodeKey
from storage.postgres.deliveries.reap import Stuck
from storage.postgres.message_rules import LATE_MS
from storage.postgres.message_sweeps import Leftover, Limit
from storage.postgres.open_episodes import OpenEpisode
from storage.postgres.payments import Earning, Payment, Recorded
from storage.postgres.poller_bots import BotRow
from storage.postgres.pool import open_pool
from storage.postgres.receiver_bots import Watched
from storage.postgres.remembered_chats import _Row as RememberedRow
from storage.postgres.statements import FUNCTIONS, PAGE, call_function

ROOM = Path(postgres.__file__).parent
TEXTS = {file: file.read_text(encoding="utf-8") for file in sorted(ROOM.rglob("*.sql"))}
NUMBERS = {
    "SECOND_MS": SECOND_MS,
    "DAY_MS": DAY_MS,
    "WEEK_MS": WEEK_MS,
    "MONTH_MS": MONTH_MS,
    "LATE_MS": LATE_MS,
    "PAGE": PAGE,
    "MOST_LOOKED_AT": 50_000,
}
ORDER = r"d{1,3}P*N*R{1,4}"
LONGEST = 85
PARAMETER_TYPES = {
    "bigint": "int8",
    "boolean": "bool",
    "text": "text",
    "bigint[]": "int8[]",
    "bool[]": "bool[]",
    "int[]": "int4[]",
    "text[]": "text[]",
}
"""A type as we write it, and as PostgreSQL calls it."""


class Passed(NamedTuple):
    """The fields of what Python passes as arrays, and of what it reads."""

    arrays: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


LOCKED = ("locked",)
"""A lock returns rows that nobody reads."""
CHAT = ("bot_id", "chat_id")
JUDGED = (
    *("last_active", "doubted_until", "first_name", "username", "language"),
    *(
        "bot_status",
        "campaign_state",
        "emergency_stop",
        "returned",
        "reachable",
        "opted_out",
        "paid",
        "doubted",
        "admin",
    ),
    *("serves", "good", "withheld"),
)
"""What is judged of a chat; claims and beginnings pass it on, but for the last three."""

PASSED = {
    "close_returned": Passed(_Return._fields, Ended._fields),
    "conclude_episodes": Passed((*CHAT, "unsent"), Ended._fields),
    "count_click": Passed(),
    "count_silent": Passed((), ("count",)),
    "credit_payments": Passed(Earning._fields, Ended._fields),
    "deliveries/begin_episodes": Passed(begin._Wanted._fields, begin._Row._fields),
    "deliveries/claim_deliveries": Passed(claim._Wanted._fields, claim._Row._fields),
    "deliveries/find_room": Passed((*CHAT, "per_day", "per_week"), ("find_room",)),
    "deliveries/find_stuck": Passed((), (*Stuck._fields, "claimed_at")),
    "deliveries/judge_facts": Passed((), JUDGED),
    "deliveries/lock_episodes": Passed(EpisodeKey._fields, LOCKED),
    "deliveries/reap_deliveries": Passed(Stuck._fields, CHAT),
    "deliveries/report_outcomes": Passed(report._Wanted._fields, (*CHAT, *report.Reported._fields)),
    "find_conflicts": Passed(Payment._fields, ("external_id",)),
    "find_holders": Passed((), ("name",)),
    "find_known": Passed(("chat_id",), ("chat_id",)),
    "find_unreachable": Passed(("chat_id",), ("chat_id",)),
    "find_tapped": Passed((), TappedDelivery._fields),
    "list_leftovers": Passed(Limit._fields, Leftover._fields),
    "list_live_keys": Passed((), ActiveKey._fields),
    "list_open": Passed((), OpenEpisode._fields),
    "list_partitions": Passed((), ("name", "attached")),
    "list_poller_bots": Passed((), BotRow._fields),
    "list_receiver_bots": Passed((), Watched._fields),
    "list_remembered": Passed((), RememberedRow._fields),
    "list_waiting": Passed((), replans._Row._fields),
    "lock_broken_silences": Passed(_Return._fields[:3], LOCKED),
    "lock_credited_episodes": Passed(Earning._fields[:3], LOCKED),
    "lock_open_episodes": Passed(CHAT, LOCKED),
    "mark_unreachable": Passed(CHAT),
    "move_deliveries": Passed(replans._Moved._fields),
    "note_key_uses": Passed(api_keys._Use._fields),
    "note_sweeps": Passed(message_sweeps._Note._fields),
    "opt_out": Passed(),
    "record_activity": Passed(Life._fields[:6]),
    "record_key_holder": Passed(),
    "record_payments": Passed(Payment._fields, ("bot_id", "external_id", *Recorded._fields)),
}
UNANSWERED = """
        AND NOT EXISTS (SELECT FROM recovery_episodes o
            WHERE o.bot_id = c.bot_id AND o.chat_id = c.chat_id AND o.ended_at IS NULL)
        AND NOT EXISTS (SELECT FROM recovery_episodes o WHERE o.bot_id = c.bot_id AND o.chat_id = c.chat_id
            AND o.episode_id >= c.last_active / 1000 * 1000 AND o.reason IS DISTINCT FROM 'doubted')"""
RULES = ("delete_at", "edit_at", "edit_for", "edited_at", "delete_refusal", "edit_refusal")


class Parameter(NamedTuple):
    number: int
    name: str
    type: str


def _name(file: Path) -> str:
    return str(file.relative_to(ROOM).with_suffix(""))


each_statement = pytest.mark.parametrize("file", TEXTS, ids=_name)


def _split(file: Path) -> tuple[list[str], str]:
    """Split the header, without its dashes, from the body."""
    lines = TEXTS[file].splitlines()
    end = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return [line.removeprefix("-- ") for line in lines[:end]], "\n".join(lines[end:])


def _parameters(header: Iterable[str]) -> list[Parameter]:
    found = [re.fullmatch(r"\$(\d+) (\w+)  (\w+(?:\[\])?)", line) for line in header if line.startswith("$")]
    assert None not in found
    return [Parameter(int(match[1]), match[2], match[3]) for match in found if match]


def _numbers(header: Iterable[str]) -> dict[str, int]:
    found = [re.fullmatch(r"(\d+) ([A-Z_]+)", line) for line in header]
    return {match[2]: int(match[1]) for match in found if match}


def _returns(header: list[str]) -> tuple[str, ...]:
    start = next(place for place, line in enumerate(header) if line.startswith("Returns "))
    named = " ".join(header[start:]).removeprefix("Returns ")
    return () if named == "nothing" else tuple(named.split(", "))


def _tags(header: list[str]) -> str:
    tags = ""
    for line in header:
        if line.startswith("$"):
            tags += "P"
        elif re.fullmatch(r"\d+ [A-Z_]+", line):
            tags += "N"
        else:
            tags += "R" if line.startswith("Returns ") or tags.endswith("R") else "d"
    return tags


def test_every_statement_is_looked_at() -> None:
    assert [*map(_name, TEXTS)] == sorted(PASSED)


@each_statement
def test_the_header_has_its_parts_in_order(file: Path) -> None:
    header, _ = _split(file)
    assert re.fullmatch(ORDER, _tags(header))


@each_statement
def test_the_parameters_named_are_the_parameters_used(file: Path) -> None:
    header, body = _split(file)
    numbers = [parameter.number for parameter in _parameters(header)]
    assert numbers == [place + 1 for place in range(len(numbers))]
    assert {int(number) for number in re.findall(r"\$(\d+)", body)} == set(numbers)


@each_statement
def test_the_arrays_named_are_unnested_under_the_same_names(file: Path) -> None:
    header, body = _split(file)
    arrays = [one for one in _parameters(header) if one.type.endswith("[]")]
    unnested = re.findall(r"unnest\(((?:[^()])*)\)\s*(?:WITH ORDINALITY\s*)?AS w\(([^)]*)\)", body)
    assert len(unnested) == body.count("unnest(")
    taken = [re.findall(r"\$(\d+)::(\w+\[\])", casts) for casts, _ in unnested]
    expected = {str(one.number): one for one in arrays}
    assert set(expected) == {number for casts in taken for number, _ in casts}
    for casts, (_, names) in zip(taken, unnested, strict=True):
        assert [kind for _, kind in casts] == [expected[number].type for number, _ in casts]
        assert re.split(r",\s+", names)[: len(casts)] == [expected[number].name for number, _ in casts]
        assert _name(file) in FUNCTIONS or len(casts) == len(arrays)


@each_statement
def test_the_arrays_named_are_the_fields_that_python_passes(file: Path) -> None:
    header, _ = _split(file)
    arrays = tuple(one.name for one in _parameters(header) if one.type.endswith("[]"))
    assert arrays == PASSED[_name(file)].arrays


@each_statement
def test_the_columns_named_are_the_fields_that_python_reads(file: Path) -> None:
    header, _ = _split(file)
    assert _returns(header) == PASSED[_name(file)].columns


async def test_postgresql_takes_and_returns_what_the_headers_say(database_url: str) -> None:
    async with await open_pool(database_url) as pool, pool.acquire() as connection:
        for file, text in TEXTS.items():
            header, _ = _split(file)
            name = _name(file)
            taken_in = len(_parameters(header))
            prepared = await connection.prepare(call_function(name, taken_in) if name in FUNCTIONS else text)
            taken = [parameter.name for parameter in prepared.get_parameters()]
            assert taken == [PARAMETER_TYPES[one.type] for one in _parameters(header)], file
            assert tuple(column.name for column in prepared.get_attributes()) == _returns(header), file


@each_statement
def test_the_numbers_named_are_the_numbers_used(file: Path) -> None:
    header, body = _split(file)
    named = _numbers(header)
    assert named == {name: NUMBERS[name] for name in named}
    assert {int(number) for number in re.findall(r"\b\d{2,}\b", re.sub(r"\$\d+", "", body))} == set(named.values())


@each_statement
def test_a_statement_is_short(file: Path) -> None:
    _, body = _split(file)
    assert all(len(statement.splitlines()) <= LONGEST for statement in body.split(";\n"))


@pytest.mark.parametrize(
    "rows", [begin._Wanted, claim._Wanted, report._Wanted, replans._Moved, Stuck, message_sweeps._Note]
)
def test_rows_of_an_episode_that_is_locked_begin_with_its_key(rows: type[EpisodeKey]) -> None:
    assert rows._fields[: len(EpisodeKey._fields)] == EpisodeKey._fields


def test_whoever_is_counted_as_silent_is_armed_by_a_rebuild_and_the_other_way_round() -> None:
    for name in ("list_remembered", "count_silent"):
        assert UNANSWERED in (ROOM / f"{name}.sql").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["close_returned", "credit_payments", "deliveries/begin_episodes"])
def test_a_statement_that_ends_episodes_applies_the_whole_of_a_rule(name: str) -> None:
    body = (ROOM / f"{name}.sql").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^ +(\w+) = CASE WHEN d\.deleted_at IS NULL\b", body, re.MULTILINE)) == RULES


def test_a_return_is_answered_in_the_same_words_wherever_it_is_noticed() -> None:
    noticed = ((ROOM / name).read_text().split() for name in ("close_returned.sql", "deliveries/begin_episodes.sql"))
    first, second = (re.sub(r"\$\d+", "$n", " ".join(words[words.index("delete_at") :])) for words in noticed)
    assert first[: first.index("FROM closed")] == second[: second.index("FROM closed")]
