"""Turns what the pollers saw within a window into figures. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bench.harness.cpu import ms_per_message
from bench.harness.observations import Observed
from bench.harness.percentiles import tail
from bench.harness.touch_load import Touched, per_s


class Window(NamedTuple):
    """What fell due within it is measured. `used_s` is the CPU of each part before and after it."""

    rate: int
    from_ms: int
    until_ms: int
    used_s: tuple[Mapping[str, float], Mapping[str, float]]


class Figures(NamedTuple):
    """`early` counts claims before their due: there must be none. `due_per_s`: of the `rate` that was wanted, and
    `touches_per_s`: of the `touches`.
    """

    rate: int
    due_per_s: float
    messages: int
    unanswered: int
    early: int
    claim_ms: Mapping[str, float]
    answered_ms: Mapping[str, float]
    cpu_ms_per_message: Mapping[str, float]
    touches: int = 0
    touches_per_s: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return self._asdict()


def figures(window: Window, observed: Sequence[Observed], touches: int = 0, touched: Sequence[Touched] = ()) -> Figures:
    within = [one for one in observed if window.from_ms <= one.due_ms < window.until_ms]
    answered = [one for one in within if one.answered_us]
    return Figures(
        rate=window.rate,
        due_per_s=round(1000 * len(within) / (window.until_ms - window.from_ms), 1),
        messages=len(within),
        unanswered=len(within) - len(answered),
        early=sum(one.claim_ms < 0 for one in observed),
        claim_ms=tail([one.claim_ms for one in within]),
        answered_ms=tail([one.answer_ms for one in answered]),
        cpu_ms_per_message=ms_per_message(*window.used_s, len(within)),
        touches=touches,
        touches_per_s=per_s(touched, window.from_ms, window.until_ms),
    )
