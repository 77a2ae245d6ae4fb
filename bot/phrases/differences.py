"""The unpublished changes of a draft in words: one sentence for each change."""

from collections.abc import Iterator

from bot.framework.i18n import Translator
from bot.phrases.outline import schedule_words
from bot.phrases.settings import settings_lines
from engine.core.campaign.snapshot import Snapshot, Step


def differences(say: Translator, published: Snapshot, draft: Snapshot) -> list[str]:
    """As HTML, in the order of the draft: settings first, then steps."""
    return [*_of_settings(say, published, draft), *_of_steps(say, published, draft)]


def _of_settings(say: Translator, published: Snapshot, draft: Snapshot) -> Iterator[str]:
    before, after = settings_lines(say, published), settings_lines(say, draft)
    for old, new in zip(before, after, strict=True):
        if old != new:
            yield f"{old} → {new}"


def _of_steps(say: Translator, published: Snapshot, draft: Snapshot) -> Iterator[str]:
    known = {step.key: (number, step) for number, step in enumerate(published.steps, 1)}
    kept = [step.key for step in published.steps if step.key in {one.key for one in draft.steps}]
    order = {key: place for place, key in enumerate(kept)}
    places = [order[step.key] for step in draft.steps if step.key in order]
    moved = _moved(places)
    for number, step in enumerate(draft.steps, 1):
        if step.key not in known:
            yield say("➕ step {number} is new: {rule}", number=number, rule=schedule_words(say, step.schedule))
            continue
        if order[step.key] in moved:
            yield say("↕ step {number} was step {before}", number=number, before=known[step.key][0])
        yield from _of_step(say, number, known[step.key][1], step)
    there = {step.key for step in draft.steps}
    for number, step in known.values():
        if step.key not in there:
            yield say("🗑 step {number} ({rule}) is deleted", number=number, rule=schedule_words(say, step.schedule))


def _moved(places: list[int]) -> set[int]:
    """The places that are out of order. One pass finds nearly the fewest, which is good enough here."""
    moved, highest = set(), -1
    for place in places:
        if place < highest:
            moved.add(place)
        highest = max(highest, place)
    return moved


def _of_step(say: Translator, number: int, before: Step, after: Step) -> Iterator[str]:
    if before.schedule != after.schedule:
        old, new = schedule_words(say, before.schedule), schedule_words(say, after.schedule)
        yield say("🕘 step {number}: {before} → {after}", number=number, before=old, after=new)
    if before.active != after.active:
        yield (
            say("● step {number} is on", number=number)
            if after.active
            else say("○ step {number} is off", number=number)
        )
    if before.blocks != after.blocks:
        yield from _of_blocks(say, number, before, after)


def _of_blocks(say: Translator, number: int, before: Step, after: Step) -> Iterator[str]:
    old, new = ({block.key: block for block in step.blocks} for step in (before, after))
    added, gone = len(new.keys() - old.keys()), len(old.keys() - new.keys())
    changed = sum(old[key] != new[key] for key in old.keys() & new.keys())
    if added:
        yield say("💬 step {number}: new blocks: {count}", number=number, count=added)
    if gone:
        yield say("💬 step {number}: deleted blocks: {count}", number=number, count=gone)
    if changed:
        yield say("💬 step {number}: changed blocks: {count}", number=number, count=changed)
    if not (added or gone or changed):
        yield say("💬 step {number}: its blocks are in a different order", number=number)
