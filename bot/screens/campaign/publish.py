"""Publishing: what is still wrong, with a way to mend it; what changes; and how many people it affects."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from bot.framework.callbacks import code_of_key
from bot.framework.screen import Act, Action, Button, Done, Place, Scope, Screen, View, Visit
from bot.phrases.differences import differences
from engine.administration import campaign_views, campaigns, publish_impact
from engine.administration.campaign_views import Review
from engine.administration.campaigns import Publishing
from engine.administration.publish_impact import Impact
from engine.core.campaign.checks import Fault
from engine.core.delivery.replan import Mode

_MOST: Final = 15
"""No more changes are listed; the rest are counted."""
_FAULTS: Final = 5


class PublishReview(NamedTuple):
    review: Review
    impact: Impact


async def load(visit: Visit) -> PublishReview:
    desk, bot_id = visit.desk, visit.place.bot
    review = await campaign_views.review(desk.pool, bot_id, desk.settings.min_threshold_ms)
    return PublishReview(review, await publish_impact.foresee(desk.pool, bot_id, visit.now_ms))


def view(visit: Visit, loaded: PublishReview) -> View:
    review, foreseen = loaded
    if review.faults:
        return _refused(visit, review)
    lines = [*_lines(visit, review), *_whom(visit, foreseen)]
    return View("\n".join(lines), _rows(visit, foreseen), review.draft_revision)


def _rows(visit: Visit, foreseen: Impact) -> list[list[Button]]:
    """Each choice that the rules leave open has its own button."""
    say, here = visit.say, visit.place
    rows = [[Button(say.label("🚀 Publish now"), "publish.now", here)]]
    if foreseen.moved:
        rows.append([Button(say.label("🚀 Publish, keep waiting people's times"), "publish.keep", here)])
    if foreseen.overdue:
        label = say.label("🚀 Publish and include {count} already quiet", count=foreseen.overdue)
        rows.append([Button(label, "publish.include", here)])
    return rows


def _whom(visit: Visit, foreseen: Impact) -> Iterator[str]:
    """The impact, in numbers."""
    say = visit.say
    if not foreseen.waiting:
        return
    yield ""
    yield say.count("⏳ {number} person waiting", "⏳ {number} people waiting", foreseen.waiting)
    if foreseen.at_least:
        yield say("Counting only the first {count} people; at least:", count=publish_impact.MOST)
    if foreseen.moved:
        yield say.count(
            "🕘 the time changes for {number} person", "🕘 the time changes for {number} people", foreseen.moved
        )
    if foreseen.gone:
        yield say.count(
            "🗑 {number} person was waiting for a deleted step: at its time, they start waiting for the next one",
            "🗑 {number} people were waiting for a deleted step: at its time, they start waiting for the next one",
            foreseen.gone,
        )
    if foreseen.ended:
        yield say.count(
            "🏁 {number} person has received everything: their sequence ends",
            "🏁 {number} people have received everything: their sequence ends",
            foreseen.ended,
        )
    if not foreseen.soon:
        yield say("🚀 Nobody gets anything in the next 10 minutes")
        return
    yield say.count(
        "🚀 {number} person gets something in the next 10 minutes",
        "🚀 {number} people get something in the next 10 minutes",
        foreseen.soon,
    )


def _refused(visit: Visit, review: Review) -> View:
    say = visit.say
    lines = [say("This can't be published yet:"), *(f"⚠ {say.refusal(one.error)}" for one in review.faults[:_FAULTS])]
    rows = [[_way(visit, review, fault)] for fault in review.faults[:_FAULTS] if fault.step]
    return View("\n".join(lines), rows, review.draft_revision)


def _way(visit: Visit, review: Review, fault: Fault) -> Button:
    """The way to the offending block, or to the step that lacks one."""
    number = [step.key for step in review.draft.steps].index(fault.step or "") + 1
    place = Place(visit.place.bot, code_of_key(fault.step or ""))
    if fault.block is None:
        return Button(visit.say.label("✏ Step {number}", number=number), "step", place)
    label = visit.say.label("✏ Step {number}, the block", number=number)
    return Button(label, "block", place._replace(block=code_of_key(fault.block)))


def _lines(visit: Visit, review: Review) -> Iterator[str]:
    say = visit.say
    if review.published is None:
        yield say("This is the first version. Nobody gets anything until you activate the campaign.")
        return
    changes = differences(say, review.published, review.draft)
    yield say("Since v{version}:", version=review.published_version)
    yield from changes[:_MOST]
    if len(changes) > _MOST:
        yield say("… and {count} more", count=len(changes) - _MOST)


def _publishes(mode: Mode = "update", *, include: bool = False) -> Act:
    async def act(visit: Visit) -> Done:
        desk = visit.desk
        how = Publishing(visit.revision, mode, include)
        version = await campaigns.publish(desk.pool, visit.bot, desk.settings.min_threshold_ms, visit.change, how)
        toast = visit.say.label("v{version} published", version=version)
        return Done(toast, "campaign", Place(visit.place.bot))

    return act


SCREEN: Final = Screen(
    "publish",
    Scope.BOT,
    "campaign",
    lambda say: say("Publish"),
    "editor",
    load,
    view,
    {
        "now": Action("editor", _publishes()),
        "keep": Action("editor", _publishes("keep")),
        "include": Action("editor", _publishes(include=True)),
    },
)
