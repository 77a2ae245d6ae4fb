"""Whether a campaign can be sent as it stands: every refusal names the place and the mend."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from engine.core.campaign import frequency_caps
from engine.core.campaign.snapshot import DAY_MS, Block, Snapshot, Step, variants
from engine.core.content import checks
from engine.core.errors import CampaignError, Phrase
from engine.core.schedule import sending_hours, step_schedule
from engine.core.schedule.sending_hours import Window

MAX_THRESHOLD_MS: Final = 30 * DAY_MS
MIN_LATENESS_MS: Final = 1_000
MAX_LATENESS_MS: Final = 30 * DAY_MS
MAX_BLOCK_DELAY_MS: Final = 3_600_000

_KEY: Final = re.compile("[a-z0-9-]{1,32}")


class Fault(NamedTuple):
    """Why a campaign cannot be sent, and in which step and block, by their keys, if it is in one."""

    step: str | None
    block: str | None
    error: CampaignError

    def whole(self) -> CampaignError:
        """The refusal, with its place."""
        whole = self.error if self.block is None else self._in_block(self.block)
        whole.step, whole.block = self.step, self.block
        return whole

    def _in_block(self, block: str) -> CampaignError:
        return CampaignError(
            "Step {step}, block {block}: {error}", step=self.step, block=block[:64], error=self.error.phrase
        )


def check(snapshot: Snapshot, min_threshold_ms: int) -> None:
    """Refuse a campaign that cannot be sent as it stands; the sentence names the place and the mend."""
    for fault in faults(snapshot, min_threshold_ms):
        raise fault.whole()


def faults(snapshot: Snapshot, min_threshold_ms: int) -> Iterator[Fault]:
    """Every fault of a campaign, one for each place."""
    yield from _refused(lambda: step_schedule.check_zone(snapshot.zone))
    yield from _refused(lambda: check_threshold(snapshot.threshold_ms, min_threshold_ms))
    yield from _refused(lambda: check_lateness(snapshot.lateness_ms))
    yield from _refused(lambda: frequency_caps.check(snapshot.limits))
    yield from _refused(lambda: _check_window(snapshot.window))
    yield from _refused(lambda: _check_distinct("step", [step.key for step in snapshot.steps]))
    for step in snapshot.steps:
        yield from _refused(partial(_check_step, step), step.key)
        yield from _refused(partial(_check_fits, step, snapshot.window), step.key)
        for block in step.blocks:
            yield from _refused(partial(_check_block, block), step.key, block.key)
    yield from _refused(lambda: _check_something(snapshot))


def check_threshold(threshold_ms: int, least_ms: int) -> None:
    _check_between(Phrase("threshold"), threshold_ms, least_ms, MAX_THRESHOLD_MS)


def check_lateness(lateness_ms: int) -> None:
    _check_between(Phrase("lateness"), lateness_ms, MIN_LATENESS_MS, MAX_LATENESS_MS)


def check_delay(delay_ms: int) -> None:
    _check_between(Phrase("delay"), delay_ms, 0, MAX_BLOCK_DELAY_MS)


def check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise CampaignError("The key {key!r} is invalid: write 1 to 32 of a-z, 0-9 and -.", key=key[:64])


def _refused(look: Callable[[], None], step: str | None = None, block: str | None = None) -> Iterator[Fault]:
    try:
        look()
    except CampaignError as error:
        yield Fault(step, block, error)


def _check_something(snapshot: Snapshot) -> None:
    if not any(step.active and block.active for step in snapshot.steps for block in step.blocks):
        raise CampaignError("The campaign has nothing to send: add an active step with an active block.")


def _check_window(hours: Window | None) -> None:
    if hours:
        sending_hours.check(hours)


def _check_fits(step: Step, hours: Window | None) -> None:
    """A step that takes longer than the window is open would be broken in two every time."""
    takes_ms = sum(block.delay_ms for block in step.blocks if block.active)
    if hours and takes_ms > hours.length_ms:
        raise CampaignError(
            "The step takes {time}, longer than the window is open: shorten the delays of its blocks, or widen the"
            " window.",
            time=step_schedule.write_duration(takes_ms),
        )


def _check_step(step: Step) -> None:
    check_key(step.key)
    if not step.blocks:
        raise CampaignError("Step {step} has no blocks: add one, or delete the step.", step=step.key)
    _check_distinct("block", [block.key for block in step.blocks])


def _check_block(block: Block) -> None:
    check_key(block.key)
    check_delay(block.delay_ms)
    checks.check_variants(block.content, block.languages)
    checks.check_effects(block.effects, variants(block))


def _check_distinct(noun: str, keys: list[str]) -> None:
    for position, key in enumerate(keys):
        if key in keys[:position]:
            raise CampaignError("The key {key!r} is used twice: give each {noun} its own.", key=key[:64], noun=noun)


def _check_between(what: str, ms: int, least: int, most: int) -> None:
    if not least <= ms <= most:
        given, shortest, longest = map(step_schedule.write_duration, (ms, least, most))
        raise CampaignError(
            "The {what} {given} is not allowed: write one from {least} to {most}.",
            what=what,
            given=given,
            least=shortest,
            most=longest,
        )
