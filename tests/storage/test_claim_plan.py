"""The claim statement keeps its plan on the statistics of an empty database: look-ups by key, nothing else."""

import json
from collections.abc import Iterator
from typing import Any

from storage import deliveries
from storage.postgres import open_pool


async def test_a_claim_looks_everything_up_by_key(database_url: str) -> None:
    columns = [[7], [41], [1_800_000_000_000], ["hello"], ["one"], [10], [1], [False], [True], [True], [3], [8]]
    async with await open_pool(database_url) as pool:
        explain = f"EXPLAIN (FORMAT JSON) {deliveries.CLAIM}"
        document = await pool.fetchval(explain, *columns, 1_800_000_060_000)
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
