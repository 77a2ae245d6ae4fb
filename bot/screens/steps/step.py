"""One step of a draft: its schedule, its blocks, and its position. A message sent here becomes a block."""

from functools import partial
from typing import Final

from bot.composing import content_from_message, drafts, trials
from bot.composing.drafts import AtStep, edits_step
from bot.framework.callbacks import code_of_key
from bot.framework.incoming import IncomingMessage
from bot.framework.paging import page_of
from bot.framework.screen import Action, Button, Done, Question, Scope, Screen, View, Visit
from bot.phrases import outline
from engine.administration.campaigns import Edit
from engine.core.campaign import editing
from engine.core.campaign.forecast import around_midnight, forecast
from engine.core.campaign.snapshot import Block
from engine.core.delivery import rehearsal
from engine.core.roles import suffices
from engine.core.schedule import step_schedule
from engine.core.schedule.step_schedule import OnDay

_LABEL: Final = 24


async def load(visit: Visit) -> AtStep:
    return await drafts.load_step(visit)


def view(visit: Visit, at: AtStep) -> View:
    page = page_of(visit, "step", at.step.blocks)
    rows = [[_block(visit, number, block)] for number, block in enumerate(page.items, page.first + 1)]
    return View(_text(visit, at), [*rows, page.turns, *_buttons(visit, at)], at.draft.revision, listens="add")


def _text(visit: Visit, at: AtStep) -> str:
    say, draft = visit.say, at.draft.snapshot
    planned = {one.step: one for one in forecast(draft, visit.now_ms)}.get(at.step.key)
    lines = [
        say("<b>Step {number}</b> of {count}", number=at.number, count=len(draft.steps)),
        say("🕘 {rule}", rule=outline.schedule_words(say, at.step.schedule)),
    ]
    if planned:
        when = outline.when(say, planned, draft.zone)
        lines.append(say("People who go quiet now get it {when}.", when=when))
    if isinstance(at.step.schedule, OnDay):
        lines.append(_around_midnight(visit, at))
    if not at.step.active:
        lines.append(say("○ Off: this step is skipped"))
    if suffices(visit.admin.role(visit.place.bot), "editor"):
        lines += ["", say("Send me a text, a photo, a video or an album: it becomes the next block.")]
    return "\n".join(lines)


def _around_midnight(visit: Visit, at: AtStep) -> str:
    """The day of a step changes at midnight with the moment from which it counts, which surprises night owls."""
    say, draft = visit.say, at.draft.snapshot
    before, after = (say.moment(due, draft.zone) for due in around_midnight(draft, at.step, visit.now_ms))
    return say("If they go quiet at 23:59: {before}; at 00:01: {after}.", before=before, after=after)


def _block(visit: Visit, number: int, block: Block) -> Button:
    words = outline.beginning(block, _LABEL) or outline.kind(visit.say, block.content)
    off = "" if block.active else "○ "
    return Button(
        f"{off}{number} {outline.sign(block)} {words}",
        "block",
        visit.place._replace(block=code_of_key(block.key), choice=0),
    )


def _buttons(visit: Visit, at: AtStep) -> list[list[Button]]:
    say, here = visit.say, visit.place._replace(choice=0)
    look = [Button(say.label("👁 See it in the bot"), "step.look", here)] if at.step.blocks else []
    if not suffices(visit.admin.role(here.bot), "editor"):
        return [look]
    switch = Button(say.label("○ Turn off"), "step.off", here) if at.step.active else None
    return [
        [Button(say.label("🕘 When"), "step.when", here), *look],
        [Button("↑", "step.up", here), Button("↓", "step.down", here), Button(say.label("📑 Copy"), "step.copy", here)],
        [switch or Button(say.label("● Turn on"), "step.on", here), Button("🗑", "delete_step", here)],
    ]


async def _look(visit: Visit) -> Done:
    return await trials.play(visit, rehearsal.preview([(await drafts.load_step(visit)).step]))


def _copy(visit: Visit, at: AtStep) -> Edit:
    name = drafts.new_key(visit, "s")
    keys = [f"{name}-{number}" for number in range(1, len(at.step.blocks) + 1)]
    return lambda draft: editing.duplicate_step(draft, at.step.key, name, keys)


def _asks_when(visit: Visit) -> str:
    return visit.say(
        "When is this step sent? Write <code>10m</code>, <code>2h30m</code>, <code>tomorrow 09:30</code> or"
        " <code>+3d 18:00</code>. The time counts from the previous step (for the first one, from when the"
        " person went quiet)."
    )


async def _take_when(visit: Visit, message: IncomingMessage) -> Done:
    when, at = step_schedule.parse_reply(message.text), await drafts.load_step(visit)
    await drafts.save(visit, partial(editing.reschedule, key=at.step.key, schedule=when))
    return Done(note=visit.say("✅ {rule}", rule=outline.schedule_words(visit.say, when)))


def _asks_block(visit: Visit) -> str:
    return visit.say("Send me a text, a photo, a video, an album, or any other file.")


async def _take_block(visit: Visit, message: IncomingMessage) -> Done:
    at = await drafts.load_step(visit)
    await drafts.save(visit, await content_from_message.added(visit, at.step, message))
    return Done()


SCREEN: Final = Screen(
    "step",
    Scope.STEP,
    "steps",
    lambda say: say("Step"),
    "analyst",
    load,
    view,
    {
        "up": Action("editor", edits_step(lambda _, at: lambda draft: editing.move_step(draft, at.step.key, -1))),
        "down": Action("editor", edits_step(lambda _, at: lambda draft: editing.move_step(draft, at.step.key, 1))),
        "on": Action("editor", edits_step(lambda _, at: partial(editing.switch_step, key=at.step.key, active=True))),
        "off": Action("editor", edits_step(lambda _, at: partial(editing.switch_step, key=at.step.key, active=False))),
        "copy": Action("editor", edits_step(_copy)),
        "look": Action("analyst", _look, once=True, slow=True),
    },
    {"when": Question("editor", _asks_when, _take_when), "add": Question("editor", _asks_block, _take_block)},
)
