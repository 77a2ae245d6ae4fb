"""Limits per person: steps in a day and in a week, and how often the sequence repeats."""

import re
from typing import Final

from msgspec.structs import replace

from bot.composing import drafts
from bot.composing.drafts import Draft
from bot.framework.incoming import IncomingMessage
from bot.framework.screen import Button, Done, Question, Scope, Screen, View, Visit
from bot.phrases.settings import limit_lines
from engine.core.campaign import frequency_caps
from engine.core.campaign.frequency_caps import Limits
from engine.core.errors import CampaignError
from engine.core.schedule import step_schedule

_COUNTS: Final = re.compile(r"([0-9]{1,3})\D+([0-9]{1,3})")
_AGAIN: Final = re.compile(r"(.*\S)\s+([0-9]{1,3})")


async def load(visit: Visit) -> Draft:
    return await drafts.load(visit)


def view(visit: Visit, draft: Draft) -> View:
    say, here = visit.say, visit.place
    rows = [
        [Button(say.label("✋ Messages per person"), "limits.much", here)],
        [Button(say.label("🔁 Repeats"), "limits.often", here)],
    ]
    return View("\n".join(limit_lines(say, draft.snapshot.limits)), rows, draft.revision)


def _asks_much(visit: Visit) -> str:
    return visit.say(
        "How many steps may one person get in 24 hours, and how many in 7 days? Write two numbers, such as"
        " <code>3 8</code>; 0 means no limit."
    )


async def _take_much(visit: Visit, message: IncomingMessage) -> Done:
    match = _COUNTS.fullmatch(message.text.strip())
    if match is None:
        raise CampaignError("Write two numbers: for example 3 8.")
    return await _save(visit, per_day=int(match[1]), per_week=int(match[2]))


def _asks_often(visit: Visit) -> str:
    return visit.say(
        "How soon may the sequence repeat for the same person, and how many times in 30 days? Write both, such"
        " as <code>24h 5</code>; 0 means no limit."
    )


async def _take_often(visit: Visit, message: IncomingMessage) -> Done:
    match = _AGAIN.fullmatch(message.text.strip())
    if match is None:
        raise CampaignError("Write a time and a number: for example 24h 5.")
    again_after_ms = 0 if match[1] == "0" else step_schedule.parse_duration(match[1])
    return await _save(visit, again_after_ms=again_after_ms, per_month=int(match[2]))


async def _save(visit: Visit, **values: int) -> Done:
    frequency_caps.check(replace(Limits(), **values))
    await drafts.save(visit, lambda draft: replace(draft, limits=replace(draft.limits, **values)))
    return drafts.saved(visit)


SCREEN: Final = Screen(
    "limits",
    Scope.BOT,
    "settings",
    lambda say: say("Limits"),
    "editor",
    load,
    view,
    questions={
        "much": Question("editor", _asks_much, _take_much),
        "often": Question("editor", _asks_often, _take_often),
    },
)
