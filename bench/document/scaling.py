"""docs/scaling.md: from the figures of a run to a million, ten and a hundred million chats. Pure.

What a person does in an hour is assumed, and the page says so; what it costs is measured. Replace an assumption by your
own figure, and the arithmetic stays the same.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from bench.document.page import table
from bench.harness.chapter import Figures, Table, figure

CHATS: Final = (1_000_000, 10_000_000, 100_000_000)
BOTS: Final = 1_000
WRITING: Final = 0.05
"""The part of the armed chats whose people write within the busiest hour."""
UPDATES: Final = 10
"""Updates of each of them in that hour."""
MESSAGES: Final = 3
"""Messages of the sequence that each of their silences brings, sooner or later."""
BUSY: Final = 0.5
"""The part of a core that may be in use in that hour. The rest is for the next minute's peak."""
NODE_GIB: Final = 16
"""Memory of a Redis node; half of it stays free, because a snapshot copies what changes meanwhile."""
FREE_RATE: Final = 30
"""Messages that Telegram lets a bot send in a second."""
_HOUR_S: Final = 3_600
_GIB: Final = 2**30
_PATHS: Final = {
    "bytes": ("memory", "bytes_per_chat"),
    "update_us": ("ingest", "cpu_us.webhook.receiver"),
    "redis_us": ("ingest", "cpu_us.webhook.valkey"),
    "pollers_ms": ("lateness", "plain.1000.cpu_ms_per_message.pollers"),
    "valkey_ms": ("lateness", "plain.1000.cpu_ms_per_message.valkey"),
    "postgres_ms": ("lateness", "plain.1000.cpu_ms_per_message.postgres"),
    "herd_postgres_ms": ("send", "pace_1000.cpu_ms_per_message.postgres"),
}


class Costs(NamedTuple):
    """What one of each costs, as measured. `redis_us`: of an update, its touch and its number together.

    `herd_postgres_ms`: of a message among many that are due at once.
    """

    bytes: float
    update_us: float
    redis_us: float
    pollers_ms: float
    valkey_ms: float
    postgres_ms: float
    herd_postgres_ms: float


class Need(NamedTuple):
    """In the busiest hour. Cores are those that are in use."""

    chats: int
    updates_per_s: float
    messages_per_s: float
    redis_gib: float
    receivers: float
    redis: float
    pollers: float
    postgres: float

    @property
    def nodes(self) -> int:
        """Redis runs scripts on one core of each node."""
        return max(math.ceil(self.redis_gib / (NODE_GIB / 2)), math.ceil(self.redis / BUSY))

    def processes(self, cores: float) -> int:
        return math.ceil(cores / BUSY)


def costs(answers: Mapping[str, Figures]) -> Costs | None:
    """None while a question that is needed has no answer."""
    found = {name: figure(answers.get(question, {}), path) for name, (question, path) in _PATHS.items()}
    return None if None in found.values() else Costs(**found)


def need(chats: int, cost: Costs) -> Need:
    writing_per_s = chats * WRITING / _HOUR_S
    updates, messages = writing_per_s * UPDATES, writing_per_s * MESSAGES
    return Need(
        chats,
        updates,
        messages,
        redis_gib=chats * cost.bytes / _GIB,
        receivers=updates * cost.update_us / 1e6,
        redis=updates * cost.redis_us / 1e6 + messages * cost.valkey_ms / 1e3,
        pollers=messages * cost.pollers_ms / 1e3,
        postgres=messages * cost.postgres_ms / 1e3,
    )


def scaling(answers: Mapping[str, Figures]) -> str:
    cost = costs(answers)
    if cost is None:
        return f"{_HEAD}\n\nA question that it needs has no answer yet: run `./dev bench`.\n"
    needs = [need(chats, cost) for chats in CHATS]
    return "\n\n".join([_HEAD, _measured(cost), _assumed(), _needed(needs), _nodes(needs), _limits(cost)]) + "\n"


_HEAD: Final = """\
# Scaling

How much memory, how many cores and how many nodes a million, ten million and a hundred million chats need.
`./dev bench` writes this page together with [benchmarks.md](benchmarks.md): the costs are measured, the behaviour of
people is assumed, and the rest is arithmetic."""


def _measured(cost: Costs) -> str:
    rows = [
        ("Redis memory of an armed chat", f"{cost.bytes:.0f} bytes", "`memory`, a million chats"),
        ("CPU of a receiver for an update", f"{cost.update_us:.0f} µs", "`ingest`, by webhook"),
        ("CPU of Redis for an update", f"{cost.redis_us:.1f} µs", "`ingest`, by webhook"),
        ("CPU of pollers for a message", f"{cost.pollers_ms:.2f} ms", "`lateness`, 1,000 a second"),
        ("CPU of Redis for a message", f"{cost.valkey_ms:.2f} ms", "`lateness`, 1,000 a second"),
        ("CPU of PostgreSQL for a message", f"{cost.postgres_ms:.2f} ms", "`lateness`, 1,000 a second"),
        ("CPU of PostgreSQL for a message of a herd", f"{cost.herd_postgres_ms:.2f} ms", "`send`, pace 1,000"),
    ]
    return "## What it costs\n\n" + table(Table(("", "measured", "question"), rows))


def _assumed() -> str:
    return f"""\
## What people do

- {WRITING:.0%} of the armed chats write within the busiest hour, {UPDATES} updates each.
- Each of them falls silent afterwards, and each silence brings {MESSAGES} messages, sooner or later: so in each hour as
  many leave as are brought.
- The chats are spread over {BOTS:,} bots.
- No core is more than {BUSY:.0%} busy, so that a peak has room. A Redis node has {NODE_GIB} GiB, and half of it stays
  free: a snapshot copies what changes meanwhile."""


def _needed(needs: Sequence[Need]) -> str:
    rows = [
        ("updates a second", *(f"{one.updates_per_s:,.0f}" for one in needs)),
        ("messages a second", *(f"{one.messages_per_s:,.0f}" for one in needs)),
        ("messages a second of a bot", *(f"{one.messages_per_s / BOTS:.2f}" for one in needs)),
        ("Redis memory, GiB", *(f"{one.redis_gib:.2f}" for one in needs)),
        ("cores in use: receivers", *(f"{one.receivers:.2f}" for one in needs)),
        ("cores in use: pollers", *(f"{one.pollers:.2f}" for one in needs)),
        ("cores in use: Redis", *(f"{one.redis:.2f}" for one in needs)),
        ("cores in use: PostgreSQL", *(f"{one.postgres:.2f}" for one in needs)),
    ]
    return "## In the busiest hour\n\n" + table(Table(_head(needs), rows))


def _nodes(needs: Sequence[Need]) -> str:
    rows = [
        ("receivers", *(one.processes(one.receivers) for one in needs)),
        ("pollers (shards)", *(one.processes(one.pollers) for one in needs)),
        ("Redis primaries, each with a replica", *(one.nodes for one in needs)),
        ("cores of the PostgreSQL primary", *(one.processes(one.postgres) for one in needs)),
    ]
    return f"""\
## Processes and nodes

{table(Table(_head(needs), rows))}

A receiver and a poller use one core each. Their number is changed while they run: `--reshard` for pollers, one process
more for receivers. All keys of a bot carry its number as their hash tag, and each script touches one bot: so the nodes
can be those of a cluster, with a bot on one node: [REDIS_URL](access.md#redis_url) names it. Nothing of our own elects,
replicates or divides data. PostgreSQL is one primary; `recovery_deliveries` is divided by month, and retention drops a
month at a time."""


def _head(needs: Sequence[Need]) -> Sequence[str]:
    return ("", *(f"{one.chats:,} chats" for one in needs))


def _limits(cost: Costs) -> str:
    biggest = NODE_GIB / 2 * _GIB / cost.bytes
    all_bots = BOTS * FREE_RATE
    pollers = all_bots * cost.pollers_ms / 1e3
    return f"""\
## Where it ends

- **One bot** lives on one Redis node and in one poller. A node of {NODE_GIB} GiB holds {biggest / 1e6:,.0f} million
  armed chats of it, and its core takes {BUSY / cost.redis_us * 1e6:,.0f} updates a second. Its poller sends up to
  {BUSY / cost.pollers_ms * 1e3:,.0f} messages a second; Telegram allows {FREE_RATE} for a bot that does not pay.
- **All {BOTS:,} bots at Telegram's free rate** are {all_bots:,} messages a second: {pollers:,.0f} cores of pollers and
  {all_bots * cost.postgres_ms / 1e3:,.0f} of PostgreSQL, or {all_bots * cost.herd_postgres_ms / 1e3:,.0f} if each
  statement carries as many rows as in a herd.
- **PostgreSQL's primary** is the one part that more machines do not relieve. Bots do not know of one another, so the
  next step is two systems with half of the bots each: another database, another Redis, the same code."""
