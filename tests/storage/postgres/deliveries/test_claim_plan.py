"""Claim and begin keep their plans on the statistics of an empty database: look-ups by key, nothing else."""

import json
from collections.abc import Iterator
from typing import Any

from storage.postgres.deliveries import begin, claim
from storage.postgres.pool import open_pool

EPISODE = 1_800_000_000_000


async def test_a_claim_looks_everything_up_by_key(database_url: str) -> None:
    columns = [[7], [41], [EPISODE], ["hello"], ["one"], [10], [1], [False], [True], [True], [3], [8], [False]]
    await _looks_up_by_key(database_url, claim.CLAIM, *columns, EPISODE + 60_000)


async def test_a_beginning_looks_everything_up_by_key(database_url: str) -> None:
    planned = [["hello"], ["one"], [EPISODE], [True], [EPISODE], [0]]
    columns = [[7], [41], [EPISODE], [10], [1], *planned, [86_400_000], [5]]
    await _looks_up_by_key(database_url, begin.BEGIN, *columns, EPISODE + 60_000)


async def _looks_up_by_key(database_url: str, statement: str, *given: object) -> None:
    async with await open_pool(database_url) as pool:
        document = await pool.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *given)
    nodes = [*_nodes(json.loads(document)[0]["Plan"])]
    kinds = {node["Node Type"] for node in nodes}
    assert "Nested Loop" in kinds
    assert not kinds & {"Hash Join", "Merge Join"}
    scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert not {name for name in scanned if name.startswith(("recovery_", "chats", "payments", "bots", "bot_admins"))}


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
