"""Which call goes wrong, and how. Pure and seeded: the same calls in the same order meet the same faults.

A delivery to a webhook is a call in the other direction; only a rule that names it strikes it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from bench.sandbox.wire import DELIVERY, Fault, FaultKind, SetFault


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the faults make of one call."""

    latency_ms: int = 0
    fault: Fault | None = None

    @property
    def label(self) -> str | None:
        if self.fault is not None:
            return self.fault.kind
        return FaultKind.SLOW if self.latency_ms else None


_FINE = Verdict()


@dataclass(slots=True)
class _Rule:
    fault: Fault
    bot_id: int | None
    method: str | None
    used: int = 0

    def fits(self, bot_id: int, chat_id: int | None, method: str) -> bool:
        return (
            self.bot_id in {None, bot_id}
            and self.fault.chat_id in {None, chat_id}
            and (self.method == method or (self.method is None and method != DELIVERY))
            and (self.fault.count is None or self.used < self.fault.count)
        )


class Faults:
    def __init__(self, seed: int) -> None:
        self._draw = random.Random(f"faults {seed}")
        self._rules: dict[int, _Rule] = {}
        self._next_id = 1

    def add(self, fault: Fault, bot_id: int | None) -> SetFault:
        """Add a rule at the end; `bot_id` is the bot that `fault.bot` names."""
        fault_id, self._next_id = self._next_id, self._next_id + 1
        self._rules[fault_id] = _Rule(fault, bot_id, fault.method.lower() if fault.method else None)
        return SetFault(fault_id, fault, 0)

    def listed(self) -> list[SetFault]:
        return [SetFault(fault_id, rule.fault, rule.used) for fault_id, rule in self._rules.items()]

    def remove(self, fault_id: int) -> None:
        if self._rules.pop(fault_id, None) is None:
            raise LookupError(f"there is no fault {fault_id}")

    def clear(self) -> None:
        self._rules.clear()

    def judge(self, bot_id: int, chat_id: int | None, method: str) -> Verdict:
        """Decide one call; `method` in lower case."""
        if not self._rules:
            return _FINE
        latency_ms = 0
        for fault in self._struck(bot_id, chat_id, method):
            if fault.kind is not FaultKind.SLOW:
                return Verdict(latency_ms, fault)
            latency_ms += fault.latency_ms
        return Verdict(latency_ms)

    def _struck(self, bot_id: int, chat_id: int | None, method: str) -> Iterator[Fault]:
        for rule in self._rules.values():
            if rule.fits(bot_id, chat_id, method) and self._draw.random() < rule.fault.probability:
                rule.used += 1
                yield rule.fault
