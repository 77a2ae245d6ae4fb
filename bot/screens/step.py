"""One step of a draft: its schedule, its blocks, and its place among the others."""

from collections.abc import Callable
from typing import Final, NamedTuple

from bot.callbacks import code_of_key
from bot.screen import Action, Button, Place, Screen, View, Visit
from engine import administration
from engine.administration import Edit
from engine.core import editing, schedule
from engine.core.campaign import Snapshot, Step
from engine.core.errors import NotFoundError
from engine.outline import outline


class Loaded(NamedTuple):
    """`draft` is None where nothing is composed."""

    revision: int
    draft: Snapshot | None

    def step(self, visit: Visit) -> Step | None:
        steps = self.draft.steps if self.draft else ()
        return next((step for step in steps if code_of_key(step.key) == visit.place.step), None)


async def load(visit: Visit) -> Loaded:
    return Loaded(*(await administration.draft(visit.desk.pool, visit.place.bot) or (0, None)))


def view(visit: Visit, loaded: Loaded) -> View:
    say, step = visit.say, loaded.step(visit)
    back = [Button(say.label("◀ Back"), "steps", Place(visit.place.bot))]
    if loaded.draft is None or step is None:
        return View(say("This step is no longer there."), [back])
    return View(_text(visit, loaded.draft, step), [*_buttons(visit, step), back], loaded.revision)


def _text(visit: Visit, draft: Snapshot, step: Step) -> str:
    say = visit.say
    lines = [
        say("<b>Step {number}</b> of {count}", number=draft.steps.index(step) + 1, count=len(draft.steps)),
        say("Schedule: {schedule}", schedule=schedule.write(step.schedule)),
        say("● On") if step.active else say("○ Off: it is passed over"),
        "",
        *(say("{number}. {when}", number=number, when=outline(block)) for number, block in enumerate(step.blocks, 1)),
    ]
    return "\n".join(lines)


def _buttons(visit: Visit, step: Step) -> list[list[Button]]:
    say, here = visit.say, visit.place
    switch = Button(say.label("○ Switch off"), "step.off", here) if step.active else None
    return [
        [Button("↑", "step.up", here), Button("↓", "step.down", here), Button("⧉", "step.copy", here)],
        [switch or Button(say.label("● Switch on"), "step.on", here), Button("🗑", "step.delete", here)],
    ]


def _edits(edit: Callable[[Visit, Step], Edit]) -> Action:
    """An action that makes an edit of the step, on the draft that was seen."""

    async def act(visit: Visit) -> str:
        step = (await load(visit)).step(visit)
        if step is None:
            raise NotFoundError("This step is no longer there: look again at what there is.")
        pool, change = visit.desk.pool, visit.change
        await administration.edit(pool, visit.place.bot, visit.revision, edit(visit, step), change)
        return visit.say.label("Saved in the draft")

    return Action("editor", act)


def _copy(visit: Visit, step: Step) -> Edit:
    """Keys come from the revision, which only rises: none was ever used before."""
    name = f"s{visit.revision + 1}"
    blocks = [f"{name}-{number}" for number in range(1, len(step.blocks) + 1)]
    return lambda draft: editing.duplicate_step(draft, step.key, name, blocks)


SCREEN: Final = Screen(
    "step",
    "analyst",
    load,
    view,
    {
        "up": _edits(lambda _, step: lambda draft: editing.move_step(draft, step.key, -1)),
        "down": _edits(lambda _, step: lambda draft: editing.move_step(draft, step.key, 1)),
        "on": _edits(lambda _, step: lambda draft: editing.switch_step(draft, step.key, active=True)),
        "off": _edits(lambda _, step: lambda draft: editing.switch_step(draft, step.key, active=False)),
        "copy": _edits(_copy),
        "delete": _edits(lambda _, step: lambda draft: editing.delete_step(draft, step.key)),
    },
)
