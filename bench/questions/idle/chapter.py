"""The goals of idle, and what the document shows of it."""

from typing import Final

from bench.harness.chapter import AT_MOST, Chapter, Figures, Goal, Table

_GOALS: Final = (
    Goal("commands to Redis", "redis_commands", AT_MOST, 50, "/s"),
    Goal("CPU of the receiver, in parts of a core", "cpu.receiver-0", AT_MOST, 0.01),
    Goal("CPU of the first poller, in parts of a core", "cpu.poller-0-0", AT_MOST, 0.01),
    Goal("CPU of the second poller, in parts of a core", "cpu.poller-1-0", AT_MOST, 0.01),
)


def _tables(figures: Figures) -> list[Table]:
    rates = [
        ("commands to Redis", figures["redis_commands"]),
        *((f"of which {name}", rate) for name, rate in figures["redis_by_command"].items()),
        ("transactions of PostgreSQL", figures["transactions"]),
        *((f"Bot API: {name}", rate) for name, rate in figures["requests"].items()),
    ]
    processes = [(name, 100 * share, figures["rss_mib"][name]) for name, share in figures["cpu"].items()]
    of = f"{figures['bots']} bots, {figures['armed']:,} armed chats, {figures['shards']} pollers, nothing due"
    return [Table(("", "a second"), rates, of), Table(("process", "% of a core", "MiB"), processes)]


CHAPTER: Final = Chapter(_GOALS, _tables)
