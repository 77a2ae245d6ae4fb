"""Which call goes wrong, and how. Pure and seeded: the same calls in the same order meet the same faults.

A delivery to a webhook is a call in the other direction; only a rule that names it strikes it.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bench.sandbox.bot_api.counted_calls import sends
from bench.sandbox.protocol import DELIVERY, Fault, FaultKind, SetFault

# The work is done under these.
SERVED = frozenset(
    {
        *(FaultKind.ACCEPT_THEN_DROP, FaultKind.TRUNCATED, FaultKind.UNKNOWN_FIELDS),
        *(FaultKind.BLOCKS, FaultKind.LEAVES, FaultKind.UNKNOWN_UPDATE),
    }
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the faults do to one call."""

    latency_ms: int = 0
    fault: Fault | None = None

    @property
    def label(self) -> str | None:
        if self.fault is not None:
            return self.fault.kind
        return FaultKind.SLOW if self.latency_ms else None


FINE = Verdict()


class Occasion(NamedTuple):
    """A call to judge: `method` is in lower case; a send would be the bot's message number `message` to the chat."""

    bot_id: int
    chat_id: int | None
    method: str
    now_ms: int = 0
    message: int = 0


@dataclass(slots=True)
class _Rule:
    fault: Fault
    bot_id: int | None
    method: str | None
    used: int = 0

    def fits(self, call: Occasion) -> bool:
        fault = self.fault
        return (
            self.bot_id in {None, call.bot_id}
            and fault.chat_id in {None, call.chat_id}
            and (self.method == call.method or (self.method is None and call.method != DELIVERY))
            and (fault.count is None or self.used < fault.count)
            and (fault.from_ms is None or fault.from_ms <= call.now_ms)
            and (fault.until_ms is None or call.now_ms < fault.until_ms)
            and (fault.at_message is None or (sends(call.method) and call.message >= fault.at_message))
        )


class Faults:
    def __init__(self, seed: int) -> None:
        self._draw = random.Random(f"faults {seed}")
        self._rules: dict[int, _Rule] = {}
        self._next_id = 1

    def add(self, fault: Fault, bot_id: int | None) -> SetFault:
        """Add a rule at the end; `bot_id` is the bot that `fault.bot` names. Raises ValueError."""
        if fault.distribution == "uniform" and (fault.most_ms or 0) < fault.latency_ms:
            raise ValueError("a uniform latency needs most_ms, and not less than latency_ms")
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

    @property
    def on(self) -> bool:
        return bool(self._rules)

    def judge(self, call: Occasion) -> Verdict:
        """Decide one call."""
        if not self._rules:
            return FINE
        latency_ms = 0
        for fault in self._struck(call):
            if fault.kind is not FaultKind.SLOW:
                return Verdict(latency_ms, fault)
            latency_ms += self._latency_ms(fault)
        return Verdict(latency_ms)

    def _struck(self, call: Occasion) -> Iterator[Fault]:
        for rule in self._rules.values():
            if rule.fits(call) and self._draw.random() < rule.fault.probability:
                rule.used += 1
                yield rule.fault

    def _latency_ms(self, fault: Fault) -> int:
        match fault.distribution:
            case "uniform":
                return self._draw.randint(fault.latency_ms, fault.most_ms or fault.latency_ms)
            case "lognormal":
                drawn = int(fault.latency_ms * math.exp(self._draw.gauss(0, fault.sigma)))
                return drawn if fault.most_ms is None else min(drawn, fault.most_ms)
        return fault.latency_ms
