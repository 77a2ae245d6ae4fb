"""Turns the readings before and after into rates. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

from bench.harness.process_usage import Use
from bench.questions.idle.traffic import Traffic
from bench.sandbox.protocol import Row

OTHERS: Final = "others"
Chat: TypeAlias = tuple[int, str]
_MIB: Final = 2**20


class Reading(NamedTuple):
    """At one moment. `ports` maps the port of a connection to its process."""

    at_ms: int
    uses: dict[str, Use]
    ports: dict[int, str]
    transactions: int


class Moved(NamedTuple):
    """How many chats are armed now, and how many of the earlier ones were claimed or touched since."""

    armed: int
    claimed: int


class Figures(NamedTuple):
    """Rates are per second. `claimed` and `sent` must be 0: nothing is due."""

    seconds: float
    armed: int
    claimed: int
    sent: int
    redis_commands: float
    redis_inside_scripts: float
    redis_by_process: dict[str, float]
    redis_by_command: dict[str, float]
    transactions: float
    requests: dict[str, float]
    cpu: dict[str, float]
    rss_mib: dict[str, float]


def changed(before: Mapping[Chat, str], after: Mapping[Chat, str]) -> Moved:
    """Compares the chats' versions."""
    return Moved(len(after), sum(after.get(chat) != version for chat, version in before.items()))


def figures(before: Reading, after: Reading, traffic: Traffic, rows: Iterable[Row], moved: Moved) -> Figures:
    seconds = (after.at_ms - before.at_ms) / 1000
    seen = [row.method for row in rows if before.at_ms <= row.arrived_ms < after.at_ms]
    by_process = _by_process(traffic, before.ports | after.ports)
    return Figures(
        seconds=round(seconds, 1),
        armed=moved.armed,
        claimed=moved.claimed,
        sent=seen.count("sendMessage"),
        redis_commands=_rate(by_process.total(), seconds),
        redis_inside_scripts=_rate(traffic.in_scripts, seconds),
        redis_by_process=_rates(by_process, seconds),
        redis_by_command=_rates(_by_command(traffic), seconds),
        transactions=_rate(after.transactions - before.transactions, seconds),
        requests=_rates(Counter(seen), seconds),
        cpu={name: (use.cpu_s - before.uses[name].cpu_s) / seconds for name, use in after.uses.items()},
        rss_mib={name: round(use.rss / _MIB, 1) for name, use in after.uses.items()},
    )


def _by_process(traffic: Traffic, names: Mapping[int, str]) -> Counter[str]:
    found = Counter[str]()
    for (port, _), count in traffic.asked.items():
        found[names.get(port, OTHERS)] += count
    return found


def _by_command(traffic: Traffic) -> Counter[str]:
    found = Counter[str]()
    for (_, command), count in traffic.asked.items():
        found[command] += count
    return found


def _rate(count: int, seconds: float) -> float:
    return count / seconds


def _rates(counts: Counter[str], seconds: float) -> dict[str, float]:
    """The largest first."""
    return {name: _rate(count, seconds) for name, count in counts.most_common()}
