"""Shows the figures: to machines as one JSON object, to people as a table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bench.harness.rounds import Turn, ratio, spread
from bench.questions.scale.herd import Herd

TOUCH: Final = "touch"
FIRE: Final = "fire"
YARDSTICK: Final = 100_000
"""Touches are compared with those at this number of armed chats."""
LEAST_RATIOS: Final = {1_000_000: 0.9, 10_000_000: 0.5}
MOST_SCRIPT_US: Final = 5_000
MOST_TOUCH_MS: Final = 20.0


class Plan(NamedTuple):
    sizes: Sequence[int]
    bots: Sequence[int]
    shards: Sequence[int]
    herd: int
    rounds: int
    turn_s: float


class Outcome(NamedTuple):
    """Turns are named by what was done and by the number of chats or bots. `by_shards`: claims a second, each round."""

    by_size: Mapping[str, Sequence[Turn]]
    by_bots: Mapping[str, Sequence[Turn]]
    by_shards: Mapping[int, Sequence[float]]
    herd: Herd

    @property
    def holds(self) -> bool:
        ratios = self._touch_ratios()
        herd = self.herd
        return (
            all(ratios[str(size)][0] >= least for size, least in LEAST_RATIOS.items() if str(size) in ratios)
            and herd.fired == herd.chats
            and herd.held.p999_us <= MOST_SCRIPT_US
            and herd.touch_p99_ms <= MOST_TOUCH_MS
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "rounds": len(next(iter(self.by_size.values()))),
            "per_s_by_chats": _per_s(self.by_size),
            "touch_ratio_to_100000": self._touch_ratios(),
            "per_s_by_bots": _per_s(self.by_bots),
            "fire_per_s_by_shards": {str(shards): spread(rates) for shards, rates in self.by_shards.items()},
            "due_at_once": {
                "chats": self.herd.chats,
                "fired": self.herd.fired,
                "fired_per_s": round(self.herd.fired_per_s),
                "script_p999_us_at_most": self.herd.held.p999_us,
                "script_slowest_us_at_most": self.herd.held.most_us,
                "touched": self.herd.touched,
                "touch_p99_ms": round(self.herd.touch_p99_ms, 1),
            },
            "goals": {
                "touch_ratio": {str(size): least for size, least in LEAST_RATIOS.items()},
                "script_p999_us": MOST_SCRIPT_US,
                "touch_p99_ms": MOST_TOUCH_MS,
            },
            "holds": self.holds,
        }

    def as_table(self) -> str:
        herd = self.herd
        return "\n".join(
            [
                "Medians a second, and the least and the most of all rounds",
                *_lines("armed chats", self.by_size),
                *_lines("bots", self.by_bots),
                *(_line(FIRE, str(shards), "shards", rates) for shards, rates in self.by_shards.items()),
                f"{herd.fired} of {herd.chats} due at once were claimed and settled, {herd.fired_per_s:.0f} a second",
                f"scripts held the server at most {herd.held.p999_us / 1000:.1f} ms (p99.9)",
                f"touches waited {herd.touch_p99_ms:.1f} ms (p99) meanwhile",
                "Every goal is met." if self.holds else "A goal is NOT met.",
            ]
        )

    def _touch_ratios(self) -> dict[str, Any]:
        to = self.by_size[f"{TOUCH} {YARDSTICK}"]
        touches = {name: turns for name, turns in self.by_size.items() if name.startswith(TOUCH)}
        return {_named(name)[1]: ratio(turns, to) for name, turns in touches.items()}


def _per_s(turns: Mapping[str, Sequence[Turn]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {TOUCH: {}, FIRE: {}}
    for name, each in turns.items():
        kind, number = _named(name)
        found[kind][number] = spread(turn.per_s for turn in each)
    return found


def _lines(unit: str, turns: Mapping[str, Sequence[Turn]]) -> list[str]:
    return [_line(*_named(name), unit, [turn.per_s for turn in each]) for name, each in turns.items()]


def _named(name: str) -> tuple[str, str]:
    kind, _, number = name.partition(" ")
    return kind, number


def _line(kind: str, number: str, unit: str, rates: Sequence[float]) -> str:
    return f"{kind:<6}{number:>10} {unit:<12}" + "".join(f"{value:>10.0f}" for value in spread(rates))
