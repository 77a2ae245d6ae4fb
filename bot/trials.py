"""Blocks shown to an admin by the bot itself, as its users get them."""

from collections.abc import Sequence

from bot.screen import Done, Visit
from engine import administration, registry
from engine.core.outcome import Outcome, Rejected, Sent
from engine.core.rehearsal import Cue
from engine.trials import Trial


async def play(visit: Visit, cues: Sequence[Cue]) -> Done:
    """Begin, and say where to look once the first block is there. Raises BotError with the bot's link otherwise."""
    trial = await start(visit, cues)
    await trial.first()
    if trial.outcomes and not isinstance(trial.outcomes[0], Sent):
        return Done(note=came_of(visit, trial.outcomes[0]))
    return Done(visit.say.label("Look at @{bot}", bot=visit.bot))


async def start(visit: Visit, cues: Sequence[Cue]) -> Trial:
    desk, admin_id = visit.desk, visit.admin.admin_id
    person = await administration.person(desk.pool, visit.place.bot, admin_id)
    speaker = await registry.speaker(desk.pool, desk.vault, visit.bot)
    return desk.trials.start(speaker, admin_id, person, cues)


def came_of(visit: Visit, outcome: Outcome) -> str:
    """In a few words, as HTML."""
    match outcome:
        case Sent():
            return visit.say("✓ sent")
        case Rejected(detail):
            return visit.say("⚠ Telegram refuses it: {detail}", detail=detail)
    return visit.say("⚠ not sent: try again in a minute")
