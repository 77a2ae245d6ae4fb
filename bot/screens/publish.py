"""Publishing: what speaks against it with the way there, what changes in words, and whom it moves in numbers."""

from collections.abc import Iterator
from typing import Final

from bot.callbacks import code_of_key
from bot.differences import differences
from bot.screen import Action, Button, Done, Place, Scope, Screen, View, Visit
from engine import administration
from engine.administration import Publishing, Review
from engine.core.campaign import Fault

_MOST: Final = 15
"""So many changes are told; the others are counted."""
_FAULTS: Final = 5


async def load(visit: Visit) -> Review:
    desk = visit.desk
    return await administration.review(desk.pool, visit.place.bot, desk.settings.min_threshold_ms)


def view(visit: Visit, review: Review) -> View:
    if review.faults:
        return _refused(visit, review)
    publish = Button(visit.say.label("🚀 Publish now"), "publish.now", visit.place)
    return View("\n".join(_lines(visit, review)), [[publish]], review.draft_revision)


def _refused(visit: Visit, review: Review) -> View:
    say = visit.say
    lines = [say("This cannot be published yet:"), *(say("⚠ {why}", why=one.error) for one in review.faults[:_FAULTS])]
    rows = [[_way(visit, review, fault)] for fault in review.faults[:_FAULTS] if fault.step]
    return View("\n".join(lines), rows, review.draft_revision)


def _way(visit: Visit, review: Review, fault: Fault) -> Button:
    """To the offending block, or to the step of which it is missing."""
    number = [step.key for step in review.draft.steps].index(fault.step or "") + 1
    place = Place(visit.place.bot, code_of_key(fault.step or ""))
    if fault.block is None:
        return Button(visit.say.label("✏ Step {number}", number=number), "step", place)
    label = visit.say.label("✏ Step {number}, the block", number=number)
    return Button(label, "block", place._replace(block=code_of_key(fault.block)))


def _lines(visit: Visit, review: Review) -> Iterator[str]:
    say = visit.say
    if review.published is None:
        yield say("This is the first version. Nobody is sent anything before you activate the campaign.")
        return
    changes = differences(say, review.published, review.draft)
    yield say("Since v{version}:", version=review.published_version)
    yield from changes[:_MOST]
    if len(changes) > _MOST:
        yield say("… and {count} more", count=len(changes) - _MOST)


async def _publish(visit: Visit) -> Done:
    desk = visit.desk
    least = desk.settings.min_threshold_ms
    version = await administration.publish(desk.pool, visit.bot, least, visit.change, Publishing(visit.revision))
    told = visit.say.label("v{version} is published", version=version)
    return Done(told, "campaign", Place(visit.place.bot))


SCREEN: Final = Screen(
    "publish",
    Scope.BOT,
    "campaign",
    lambda say: say("Publish"),
    "editor",
    load,
    view,
    {"now": Action("editor", _publish)},
)
