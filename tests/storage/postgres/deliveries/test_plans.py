"""What PostgreSQL really does when the statements that carry the engine run, at every size of the tables.

Their plans are made once for all calls, often while a table is empty. So the statements are written to leave no choice:
whatever is known of a chat is looked up by its key, and only the partitions of the episodes at hand are opened.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Final

import pytest

from engine.core.campaign.frequency_caps import Limits
from engine.core.delivery.cursor import Cursor
from storage.postgres import chats
from storage.postgres.chats import Life
from storage.postgres.deliveries import begin, claim, report
from storage.postgres.deliveries.report import Report
from storage.postgres.pool import Connection, Pool, open_pool
from tests.storage.postgres.deliveries.one_chat import BOT, CHAT, LIVE, NOW, ONE, SILENCE, TWO, beginning, claiming
from tests.storage.postgres.deliveries.one_chat import begin as begin_one
from tests.storage.postgres.deliveries.one_chat import claim as claim_one
from tests.storage.postgres.deliveries.one_chat import report as report_one

EXPLAIN: Final = """
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_format = 'json';
SET auto_explain.log_level = 'notice';
"""
MONTHS: Final = """
CREATE TABLE early PARTITION OF recovery_deliveries FOR VALUES FROM (1790000000000) TO (1795000000000);
CREATE TABLE now PARTITION OF recovery_deliveries FOR VALUES FROM (1795000000000) TO (1805000000000);
CREATE TABLE later PARTITION OF recovery_deliveries FOR VALUES FROM (1805000000000) TO (1810000000000);
"""
FILL: Final = """
INSERT INTO chats (bot_id, chat_id, last_active) SELECT 100 + g % 30, g, 1 FROM generate_series(1, {many}) g;
INSERT INTO payments SELECT bot_id, chat_id::text, chat_id, 1, 'BRL', 'paid', 0 FROM chats;
INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at, ended_at, reason)
SELECT bot_id, chat_id, 1791000000000 + chat_id % 2 * 9000000000, 1, 0, 0, 'completed' FROM chats;
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at)
SELECT bot_id, chat_id, episode_id, 'hello', 'one', 0, 'sent', 1, 1, 0 FROM recovery_episodes;
"""
SIZES: Final = {"empty": 0, "small": 40, "large": 10_000}
GROWING: Final = (
    "chats",
    "payments",
    "bot_admins",
    "recovery_episodes",
    "early",
    "now",
    "later",
    "recovery_deliveries",
)
"""The tables that grow with the chats, with the partitions."""
OLDER, NEWER = ONE, ONE._replace(episode_id=SILENCE + 5_000)
CHAT_KEY: Final = re.compile(r"bot_id = .*(chat_id|admin_id) = ")
BOT_KEY: Final = re.compile(r"bot_id = ")
"""While a table is tiny, either of two indexes of the chats costs the same."""
CAPS: Final = Limits(per_day=3, per_week=8, per_month=5)


@pytest.fixture(params=SIZES)
async def pool(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        await pool.execute(LIVE + MONTHS + FILL.format(many=SIZES[request.param]))
        await pool.execute("VACUUM ANALYZE")
        yield pool


async def test_everything_about_a_chat_is_looked_up_by_its_key(pool: Pool) -> None:
    for node in await _plans(pool, [OLDER, NEWER], CAPS):
        assert node["Node Type"] not in ("Hash Join", "Merge Join")
        if "Scan" in node["Node Type"] and node.get("Relation Name") in GROWING:
            key = BOT_KEY if node["Relation Name"] == "chats" else CHAT_KEY
            assert key.search(node.get("Index Cond") or node.get("Recheck Cond", "")), node


async def test_the_rows_of_a_batch_are_never_compared_each_with_each(pool: Pool) -> None:
    """A batch of 512 would be compared 262,144 times."""
    for node in await _plans(pool, [OLDER, NEWER], CAPS):
        assert "chat_id" not in node.get("Join Filter", "")


async def test_no_partition_of_the_past_is_opened(pool: Pool) -> None:
    opened = {node.get("Relation Name") for node in await _plans(pool, [OLDER], Limits())}
    assert opened.intersection(("early", "now")) == {"now"}


async def test_each_is_one_round_trip(pool: Pool, database_url: str) -> None:
    """Neither the end of a transaction nor the clearing of the session comes after it."""
    async with pool.acquire() as connection:
        server = connection.get_server_pid()
    async with await open_pool(database_url) as other:
        for run in (begin_one, claim_one, report_one):
            await run(pool)
            last = await other.fetchval("SELECT query FROM pg_stat_activity WHERE pid = $1", server)
            assert last.startswith("SELECT * FROM pg_temp.")


async def _plans(pool: Pool, silences: Sequence[Cursor], limits: Limits) -> list[dict[str, Any]]:
    """Each silence begins, is claimed and goes on to its second block; the person comes back after the last of two."""
    nodes: list[dict[str, Any]] = []

    def note(_: object, message: Any) -> None:
        nodes.extend(_nodes(json.loads(str(message).partition("plan:")[2])["Plan"]))

    sent = Report(BOT, CHAT, ONE, 10, "sent", fact=True, next_due_ms=NOW)
    async with pool.acquire() as connection:
        await connection.execute(EXPLAIN)
        connection.add_log_listener(note)
        for first in silences:
            begins = beginning(first.episode_id)._replace(limits=limits)
            second = TWO._replace(episode_id=first.episode_id)
            await _run(connection, begin.BEGIN, begin.to_row(begins))
            await _run(connection, claim.CLAIM, claim.to_row(claiming(cursor=first, limits=limits)))
            await _run(connection, report.REPORT, report.to_row(sent._replace(cursor=first, next=second)))
        if len(silences) > 1:
            await chats.flush(connection, [Life(BOT, CHAT, NOW)], NOW)
        connection.remove_log_listener(note)
    sent_to = "SELECT count(*) FROM recovery_deliveries WHERE bot_id = $1 AND status = 'sent'"
    assert await pool.fetchval(sent_to, BOT) == len(silences)
    return nodes


async def _run(connection: Connection, function: str, row: tuple[Any, ...]) -> None:
    await connection.fetch(function, *([value] for value in row), NOW)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
