"""Blocks that the bot itself sends to an admin, as its users would get them."""

from collections.abc import Sequence

from bot.framework.i18n import escaped
from bot.framework.screen import Done, Visit
from engine.administration import bots, campaign_views
from engine.administration.trials import Trial
from engine.core.campaign.snapshot import Block
from engine.core.content.model import Text
from engine.core.delivery.outcome import Outcome, Rejected, Sent
from engine.core.delivery.rehearsal import Cue
from engine.core.delivery.sequence import CHAT_GAP_MS


async def play(visit: Visit, cues: Sequence[Cue]) -> Done:
    """Start, and say where to look once the first block is there. Raises BotError with the bot's link if it cannot."""
    trial = await start(visit, visit.say.label("👁 This is what people see:"), cues)
    await trial.reaches(2)
    refused = [outcome for outcome in trial.outcomes if not isinstance(outcome, Sent)]
    if refused:
        return Done(note=came_of(visit, refused[0]))
    return Done(visit.say.label("Open your chat with @{bot}", bot=visit.bot))


async def start(visit: Visit, mark: str, cues: Sequence[Cue]) -> Trial:
    """Start a trial. The line `mark` comes first, so that nobody mistakes it for the real thing."""
    first, *others = cues
    marked = [_line(mark), first._replace(wait_ms=max(first.wait_ms, CHAT_GAP_MS)), *others]
    desk, admin_id = visit.desk, visit.admin.admin_id
    person = await campaign_views.person(desk.pool, visit.place.bot, admin_id)
    speaker = await bots.speaker(desk.pool, desk.vault, visit.bot)
    return desk.trials.start(speaker, admin_id, person, marked)


def _line(mark: str) -> Cue:
    """A label's braces are not variables."""
    return Cue("", Block("mark", Text(escaped(mark).replace("{", "{{").replace("}", "}}"))), 0)


def came_of(visit: Visit, outcome: Outcome) -> str:
    """The outcome in a few words, as HTML."""
    match outcome:
        case Sent():
            return visit.say("✓ sent")
        case Rejected(detail):
            return visit.say("⚠ Telegram refuses it: {detail}", detail=detail)
    return visit.say("⚠ not sent: try again in a minute")
