"""The plan of a run: who writes, pays, blocks, opts out and returns, and when. Pure: everything follows from the seed.

Each bot is in a zone of its own, and the clocks of both change within the run. People differ: some write every day,
some once a week. Many answer a while after they fell silent, so that they meet the sequence at any of its steps.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from bench.questions.simulate import edits
from bench.questions.simulate.campaign import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Campaign
from bench.questions.simulate.story import TICK_MS, Act, Deed, Edit, Story

ZONES: Final = ("Europe/Berlin", "America/New_York")
"""Their clocks go back on the 25th of October and the 1st of November 2026."""
_MIDDLE_MS: Final = int(datetime(2026, 10, 28, tzinfo=UTC).timestamp()) * SECOND_MS
_FIRST_PERSON: Final = 1_001

_RHYTHMS_MS: Final = (DAY_MS, 2 * DAY_MS, 4 * DAY_MS, 9 * DAY_MS)
"""How long people keep away, on average."""
_ANSWERS: Final = 0.35
_ANSWERS_WITHIN_MS: Final = 5 * HOUR_MS
_PAUSE_MS: Final = (2 * MINUTE_MS, 9 * MINUTE_MS)
"""Between two messages of a visit."""

_WRITES: Final = "writes"
_VISITS: Final = {_WRITES: 84, "pays": 4, "opts out": 3, "blocks": 4, "leaves": 3, "renews": 2}
"""How often a visit ends in each way, in a hundred."""
_REFUNDED: Final = 0.5
_UNDONE: Final = 0.6


class _Person(NamedTuple):
    bot: int
    number: int
    rhythm_ms: int


def write(chats: int, days: int, seed: int) -> Story:
    """The people are divided among the bots."""
    begins_ms = _MIDDLE_MS - days * DAY_MS // 2
    ends_ms = begins_ms + days * DAY_MS
    draw = random.Random(f"simulate {seed}")
    people = [_Person(n % len(ZONES), _FIRST_PERSON + n, draw.choice(_RHYTHMS_MS)) for n in range(chats)]
    acts = sorted(act for person in people for act in _acts(person, begins_ms, ends_ms, draw))
    campaigns, changes = _edited(begins_ms, ends_ms, seed)
    return Story(begins_ms, ends_ms, campaigns, {one.number: one.bot for one in people}, acts, changes)


def _edited(begins_ms: int, ends_ms: int, seed: int) -> tuple[list[Campaign], list[Edit]]:
    campaigns = [edits.first(zone) for zone in ZONES]
    changes = (
        edit
        for bot, campaign in enumerate(campaigns)
        for edit in edits.write(bot, campaign, begins_ms, ends_ms, random.Random(f"simulate {seed} {bot}"))
    )
    return campaigns, sorted(changes, key=lambda edit: edit.at_ms)


def _acts(person: _Person, begins_ms: int, ends_ms: int, draw: random.Random) -> list[Act]:
    """At most one act of a person in a minute."""
    acts: dict[int, Act] = {}
    for act in _visits(person, begins_ms, draw):
        if act.at_ms > ends_ms:
            break
        acts.setdefault(act.at_ms, act)
    return list(acts.values())


def _visits(person: _Person, begins_ms: int, draw: random.Random) -> Iterator[Act]:
    """In the order of time, without end."""
    at_ms = begins_ms + draw.randrange(person.rhythm_ms)
    while True:
        yield (visit := _act(person, at_ms, Deed.WRITE))
        at_ms = visit.at_ms
        for _ in range(draw.choice((0, 0, 0, 1, 2))):
            at_ms += draw.randint(*_PAUSE_MS)
            yield _act(person, at_ms, Deed.WRITE)
        (ending,) = draw.choices(list(_VISITS), list(_VISITS.values()))
        for deed, charge in _ending(ending, person, at_ms, draw):
            at_ms += draw.choice((draw.randint(*_PAUSE_MS), draw.randrange(6 * HOUR_MS)))
            yield _act(person, at_ms, deed, charge)
        at_ms += _away_ms(person, draw)


def _ending(ending: str, person: _Person, at_ms: int, draw: random.Random) -> Iterator[tuple[Deed, str]]:
    charge = f"{person.number} {at_ms}"
    match ending:
        case "pays" | "renews":
            yield Deed.PAY if ending == "pays" else Deed.RENEW, charge
            if draw.random() < _REFUNDED:
                yield Deed.REFUND, charge
        case "opts out":
            yield Deed.OPT_OUT, ""
            if draw.random() < _UNDONE:
                yield Deed.UNDO, ""
        case "blocks":
            yield Deed.BLOCK, ""
        case "leaves":
            yield Deed.LEAVE, ""


def _away_ms(person: _Person, draw: random.Random) -> int:
    if draw.random() < _ANSWERS:
        return draw.randrange(MINUTE_MS, _ANSWERS_WITHIN_MS)
    return MINUTE_MS + int(draw.expovariate(1 / person.rhythm_ms))


def _act(person: _Person, at_ms: int, deed: Deed, charge: str = "") -> Act:
    return Act(at_ms // TICK_MS * TICK_MS, person.bot, person.number, deed, charge)
