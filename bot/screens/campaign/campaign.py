"""A bot's campaign: its state, unpublished changes, people waiting, and when each step would be sent."""

from collections.abc import Iterator
from typing import Final, NamedTuple
from zlib import crc32

from bot.composing import trust
from bot.framework.screen import Action, Button, Done, Scope, Screen, View, Visit
from bot.phrases import outline
from bot.phrases.differences import differences
from bot.phrases.feed import is_in_the_way, trouble
from bot.phrases.settings import settings_lines
from engine.administration import campaign_views, campaigns, feed_views
from engine.administration.campaign_views import Overview, Queue
from engine.core.campaign.lifecycle import State
from engine.core.errors import CampaignError, NotFoundError
from engine.core.feed_status import FeedStatus
from engine.core.roles import suffices

_MOST_STEPS: Final = 8
"""A screen is one message. The list of steps has a screen of its own."""
_ZONES: Final = {"pt": "America/Sao_Paulo", "en": "UTC"}
_SETS: Final[dict[State, tuple[str, ...]]] = {
    "draft": ("activate", "shadow"),
    "shadow": ("activate", "stop"),
    "live": ("pause", "stop"),
    "paused": ("resume", "stop"),
    "finishing": ("activate", "pause", "stop"),
    "stopped": ("activate", "shadow"),
}
"""The actions that each state allows."""
_ROUTES: Final = {"activate": "campaign.activate", "shadow": "campaign.shadow", "pause": "campaign.pause"}
"""Actions that need no confirmation. The others have a screen of their own."""


class CampaignPage(NamedTuple):
    """`campaign` is None if there is none yet, or if it cannot be read: then `error` says why."""

    campaign: Overview | None
    queue: Queue
    feed: FeedStatus
    error: CampaignError | None = None


async def load(visit: Visit) -> CampaignPage:
    pool, bot_id = visit.desk.pool, visit.place.bot
    queue = await campaign_views.queue(pool, bot_id)
    feed = await feed_views.feed(pool, visit.desk.redis, bot_id)
    try:
        return CampaignPage(await campaign_views.show(pool, visit.bot, visit.now_ms), queue, feed)
    except NotFoundError:
        return CampaignPage(None, queue, feed)
    except CampaignError as error:
        return CampaignPage(None, queue, feed, error)


def view(visit: Visit, loaded: CampaignPage) -> View:
    say, here, campaign = visit.say, visit.place, loaded.campaign
    edits = suffices(visit.admin.role(here.bot), "editor")
    if loaded.error:
        stop = [[Button(say.label("⏹ Stop"), "stop", here)]] if edits else []
        return View(f"⚠ {say.refusal(loaded.error)}", stop)
    if campaign is None:
        create = [[Button(say.label("➕ Create the campaign"), "campaign.create", here)]] if edits else []
        return View(say("There is no campaign yet."), create)
    rows = [
        [Button(say.label("📋 Steps"), "steps", here), Button(say.label("⚙ Settings"), "settings", here)],
        [Button(say.label("🧪 Test"), "trial", here), Button(say.label("🕘 Versions"), "versions", here)],
        [Button(say.label("🚀 Publish"), "publish", here)] if edits and not campaign.draft_is_published else [],
        _switches(visit, campaign) if edits else [],
        trust.button(visit, loaded.feed, "campaign"),
        [Button(say.label("➕ Include people already quiet"), "include_silent", here)]
        if edits and campaign.state == "live"
        else [],
    ]
    return View("\n".join(_lines(visit, campaign, loaded)), rows, _revision(campaign))


def _lines(visit: Visit, campaign: Overview, loaded: CampaignPage) -> Iterator[str]:
    """No hour is promised while the feed is in the way."""
    say, queue, held = visit.say, loaded.queue, is_in_the_way(loaded.feed)
    yield f"<b>{_state(visit, campaign, held=held)}</b>"
    if held:
        yield trouble(say, loaded.feed)
    if campaign.stopped_everywhere:
        yield say("⛔ Emergency stop: no bot is sending anything.")
    if not campaign.draft_is_published:
        yield _unpublished(visit, campaign)
    if queue.waiting:
        yield ""
        yield _queued(visit, queue._replace(next_ms=None) if held else queue, campaign.shown.zone)
    yield ""
    yield from settings_lines(say, campaign.shown)
    if not held:
        yield ""
        yield from _plan(visit, campaign)


def _state(visit: Visit, campaign: Overview, *, held: bool) -> str:
    """`held`: the feed is in the way of sending."""
    say = visit.say
    words: dict[State, str] = {
        "draft": say("✎ DRAFT"),
        "shadow": say("👁 SHADOW: records what it would send, and sends nothing"),
        "live": say("⚠ LIVE, but nothing is sent") if held else say("● LIVE"),
        "paused": say("⏸ PAUSED: nothing is sent, and nobody loses their place"),
        "finishing": say("◐ FINISHING: only people who have started get the rest"),
        "stopped": say("⏹ STOPPED"),
    }
    version = f" v{campaign.published_version}" if campaign.published_version else ""
    return f"{words[campaign.state]}{version}"


def _unpublished(visit: Visit, campaign: Overview) -> str:
    say = visit.say
    if campaign.published_version is None:
        return say("✎ Nothing has been published yet.")
    count = len(differences(say, campaign.shown, campaign.draft))
    return say.count("✎ {number} unpublished change", "✎ {number} unpublished changes", count)


def _queued(visit: Visit, queue: Queue, zone: str) -> str:
    say = visit.say
    waiting = say.count("⏳ {number} person waiting", "⏳ {number} people waiting", queue.waiting)
    if queue.next_ms is None or queue.last_ms is None:
        return waiting
    first, last = say.moment(queue.next_ms, zone), say.moment(queue.last_ms, zone)
    return f"{waiting} · " + say("next message {first}, last {last}", first=first, last=last)


def _plan(visit: Visit, campaign: Overview) -> Iterator[str]:
    say, zone = visit.say, campaign.shown.zone
    if not campaign.plan:
        yield say("Nothing to send yet: add a step with a block.")
        return
    moments = [outline.when(say, planned, zone) for planned in campaign.plan[:_MOST_STEPS]]
    more = ["…"] if len(campaign.plan) > _MOST_STEPS else []
    yield say("People who go quiet now get messages: {moments}", moments=" → ".join([*moments, *more]))


def _switches(visit: Visit, campaign: Overview) -> list[Button]:
    say = visit.say
    labels = {
        "activate": say.label("▶ Activate"),
        "resume": say.label("▶ Resume"),
        "shadow": say.label("👁 Shadow"),
        "pause": say.label("⏸ Pause"),
        "stop": say.label("⏹ Stop"),
    }
    able = _SETS[campaign.state] if campaign.published_version else ()
    return [Button(labels[name], _ROUTES.get(name, name), visit.place) for name in able]


def _revision(campaign: Overview) -> int:
    return crc32(f"{campaign.state} {campaign.draft_revision} {campaign.published_version}".encode())


async def _activate(visit: Visit) -> Done:
    await campaigns.activate(visit.desk.pool, visit.bot, visit.change)
    return Done(visit.say.label("Campaign is live"))


async def _shadow(visit: Visit) -> Done:
    await campaigns.shadow(visit.desk.pool, visit.bot, visit.change)
    return Done(visit.say.label("Shadow mode is on"))


async def _pause(visit: Visit) -> Done:
    await campaigns.pause(visit.desk.pool, visit.bot, visit.change)
    return Done(visit.say.label("Campaign paused"))


async def _create(visit: Visit) -> Done:
    """Sending hours are suggested, not assumed."""
    say, here = visit.say, visit.place
    revision = await campaigns.begin(visit.desk.pool, here.bot, _ZONES[say.language], visit.change)
    rows = [
        [Button(say.label("☀ Only from 09:00 to 21:00"), "settings.by_day", here)],
        [Button(say.label("🕛 At any hour"), "steps", here)],
    ]
    ask = say("When may your customers get messages? Anything due at night waits until the morning.")
    return Done(to="settings", place=here, view=View(ask, rows, revision))


SCREEN: Final = Screen(
    "campaign",
    Scope.BOT,
    "bot",
    lambda say: say("Recovery"),
    "analyst",
    load,
    view,
    {
        "create": Action("editor", _create),
        "activate": Action("editor", _activate),
        "shadow": Action("editor", _shadow),
        "pause": Action("editor", _pause),
        **trust.actions("campaign"),
    },
)
