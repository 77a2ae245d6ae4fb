"""The draft that screens show and change: finds steps and blocks by the codes of their keys, and saves edits."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

from bot.framework.callbacks import code_of_key
from bot.framework.screen import Act, Done, Visit
from engine.administration import campaign_views, campaigns
from engine.administration.campaigns import Edit
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.errors import NotFoundError


class Draft(NamedTuple):
    revision: int
    snapshot: Snapshot


class AtStep(NamedTuple):
    """A step, its `number` in the draft (from 1), and the draft."""

    draft: Draft
    number: int
    step: Step


class AtBlock(NamedTuple):
    """A block, its `number` in the step (from 1), and the step."""

    at: AtStep
    number: int
    block: Block

    @property
    def revision(self) -> int:
        return self.at.draft.revision


async def load(visit: Visit) -> Draft:
    """Raises NotFoundError if there is no campaign."""
    found = await campaign_views.draft(visit.desk.pool, visit.place.bot)
    if found is None:
        raise NotFoundError("There is no campaign yet: create one first.")
    return Draft(*found)


async def load_step(visit: Visit) -> AtStep:
    """Raises NotFoundError for a step that is gone."""
    draft = await load(visit)
    return AtStep(draft, *_find(draft.snapshot.steps, visit.place.step))


async def load_block(visit: Visit) -> AtBlock:
    """Raises NotFoundError for a block that is gone."""
    at = await load_step(visit)
    return AtBlock(at, *_find(at.step.blocks, visit.place.block))


Keyed = TypeVar("Keyed", Step, Block)


def _find(items: Sequence[Keyed], code: int) -> tuple[int, Keyed]:
    for number, item in enumerate(items, 1):
        if code_of_key(item.key) == code:
            return number, item
    raise NotFoundError("This is no longer there: check the current list.")


EditOfStep: TypeAlias = Callable[[Visit, AtStep], Edit]
EditOfBlock: TypeAlias = Callable[[Visit, AtBlock], Edit]


async def save(visit: Visit, edit: Edit) -> int:
    """Edit the draft that was seen. Returns its new revision. Raises StaleError, CampaignError."""
    return await campaigns.edit(visit.desk.pool, visit.place.bot, visit.revision, edit, visit.change)


def edits_step(edit: EditOfStep) -> Act:
    async def act(visit: Visit) -> Done:
        await save(visit, edit(visit, await load_step(visit)))
        return saved(visit)

    return act


def edits_block(edit: EditOfBlock) -> Act:
    async def act(visit: Visit) -> Done:
        await save(visit, edit(visit, await load_block(visit)))
        return saved(visit)

    return act


def saved(visit: Visit) -> Done:
    return Done(visit.say.label("Saved to the draft"))


def new_key(visit: Visit, kind: str) -> str:
    """Made from the revision, which only rises, so it was never used before. `kind` is one letter."""
    return f"{kind}{visit.revision + 1}"
