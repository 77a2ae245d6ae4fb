"""How a draft changes, one edit at a time. Pure: a draft and an edit give another draft.

Steps and blocks are known by their keys, which stay through every move and edit. The caller brings each new key, and it
must never have been used before: for the engine, one key means one step for ever.

Nothing here judges whether the campaign could be sent: a draft may be unfinished, and is checked when it is published.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, TypeVar

from msgspec.structs import replace

from engine.core.campaign.checks import check_key
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.errors import CampaignError
from engine.core.schedule.step_schedule import Schedule


class _Known(Protocol):
    @property
    def key(self) -> str: ...


Keyed = TypeVar("Keyed", bound=_Known)

MOST_STEPS: Final = 50
MOST_BLOCKS: Final = 20
"""The edits of one step."""


def add_step(draft: Snapshot, step: Step) -> Snapshot:
    """Add a step at the end."""
    return replace(draft, steps=_with(draft.steps, step, len(draft.steps), MOST_STEPS, "campaign"))


def duplicate_step(draft: Snapshot, key: str, new_key: str, block_keys: Sequence[str]) -> Snapshot:
    """Add a copy right after the original, switched off; its blocks get keys of their own."""
    place = _place(draft.steps, key)
    blocks = [replace(block, key=name) for block, name in zip(draft.steps[place].blocks, block_keys, strict=True)]
    copy = replace(draft.steps[place], key=new_key, blocks=tuple(blocks), active=False)
    return replace(draft, steps=_with(draft.steps, copy, place + 1, MOST_STEPS, "campaign"))


def move_step(draft: Snapshot, key: str, by: int) -> Snapshot:
    return replace(draft, steps=_moved(draft.steps, key, by))


def delete_step(draft: Snapshot, key: str) -> Snapshot:
    return replace(draft, steps=_without(draft.steps, key))


def switch_step(draft: Snapshot, key: str, *, active: bool) -> Snapshot:
    return _in_step(draft, key, lambda step: replace(step, active=active))


def reschedule(draft: Snapshot, key: str, schedule: Schedule) -> Snapshot:
    return _in_step(draft, key, lambda step: replace(step, schedule=schedule))


def add_block(draft: Snapshot, step: str, block: Block) -> Snapshot:
    """Add a block at the end of the step."""
    return _in_blocks(draft, step, lambda blocks: _with(blocks, block, len(blocks), MOST_BLOCKS, "step"))


def duplicate_block(draft: Snapshot, step: str, key: str, new_key: str) -> Snapshot:
    """Add a copy right after the original, switched off."""

    def doubled(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        place = _place(blocks, key)
        return _with(blocks, replace(blocks[place], key=new_key, active=False), place + 1, MOST_BLOCKS, "step")

    return _in_blocks(draft, step, doubled)


def move_block(draft: Snapshot, step: str, key: str, by: int) -> Snapshot:
    return _in_blocks(draft, step, lambda blocks: _moved(blocks, key, by))


def delete_block(draft: Snapshot, step: str, key: str) -> Snapshot:
    return _in_blocks(draft, step, lambda blocks: _without(blocks, key))


def change_block(draft: Snapshot, step: str, key: str, change: Callable[[Block], Block]) -> Snapshot:
    """Change its content, delay, effects or languages."""
    return _in_blocks(draft, step, lambda blocks: _changed(blocks, key, change))


def _in_step(draft: Snapshot, key: str, change: Callable[[Step], Step]) -> Snapshot:
    return replace(draft, steps=_changed(draft.steps, key, change))


def _in_blocks(draft: Snapshot, step: str, change: Callable[[tuple[Block, ...]], tuple[Block, ...]]) -> Snapshot:
    return _in_step(draft, step, lambda found: replace(found, blocks=change(found.blocks)))


def _changed(items: tuple[Keyed, ...], key: str, change: Callable[[Keyed], Keyed]) -> tuple[Keyed, ...]:
    place = _place(items, key)
    return (*items[:place], change(items[place]), *items[place + 1 :])


def _with(items: tuple[Keyed, ...], item: Keyed, place: int, most: int, whole: str) -> tuple[Keyed, ...]:
    check_key(item.key)
    if item.key in _keys(items):
        raise CampaignError("The key {key} is taken: give another one.", key=item.key)
    if len(items) >= most:
        raise CampaignError("A {whole} can have at most {most}: delete one first.", whole=whole, most=most)
    return (*items[:place], item, *items[place:])


def _without(items: tuple[Keyed, ...], key: str) -> tuple[Keyed, ...]:
    place = _place(items, key)
    return (*items[:place], *items[place + 1 :])


def _moved(items: tuple[Keyed, ...], key: str, by: int) -> tuple[Keyed, ...]:
    """Move it, but not past either end."""
    place = _place(items, key)
    others = _without(items, key)
    to = min(max(0, place + by), len(others))
    return (*others[:to], items[place], *others[to:])


def _place(items: Sequence[Keyed], key: str) -> int:
    if key not in _keys(items):
        raise CampaignError("{key} is no longer in this draft: check the current list.", key=key)
    return _keys(items).index(key)


def _keys(items: Iterable[Keyed]) -> list[str]:
    return [item.key for item in items]
