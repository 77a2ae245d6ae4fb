"""While two releases run side by side, a replan that only the newer one can read holds up nobody."""

import asyncio

import pytest
from structlog.testing import capture_logs

from engine.administration import campaigns
from engine.security.vault import Vault
from engine.settings import Secret
from storage.postgres import replans
from tests.flows.house import KEY
from tests.poller.test_replanner import BOT, HOUR, LEAST_MS, USUAL, WAITING, Site, site
from tests.storage.postgres.readers import PATIENCE_S

__all__ = ["site"]

UNFINISHED = "SELECT count(*) FROM recovery_replans WHERE done_at IS NULL AND created_at > 0"
NEWER = """
ALTER TABLE recovery_replans DROP CONSTRAINT ck_recovery_replans_kind;
INSERT INTO recovery_replans (bot_id, kind, arguments, created_at) VALUES (7, '{kind}', '{arguments}', 0)
"""
"""What a newer release writes, and the migration that lets it."""


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("merge", '{"type": "merge", "into": "b"}'),
        ("publish", '{"type": "publish", "mode": "softly"}'),
        ("include", '{"type": "include", "most": 9}'),
        ("resume", '{"type": "resume", "paused_ms": "soon"}'),
        ("welcome", "[]"),
    ],
    ids=["a kind", "a value", "a field", "a type", "a shape"],
)
async def test_a_replan_of_a_newer_release_holds_up_nobody(site: Site, kind: str, arguments: str) -> None:
    """Neither another bot, nor its own: what comes later is done, and only what cannot be read is left over."""
    token = Vault([Secret(KEY)]).encrypt("6:abc")
    await site.pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES (6, 'club', $1, 0)", token)
    await campaigns.import_draft(site.pool, "club", USUAL, LEAST_MS, site.change())
    await campaigns.publish(site.pool, "club", LEAST_MS, site.change())
    await campaigns.activate(site.pool, "club", site.change())
    await site.pool.execute(NEWER.format(kind=kind, arguments=arguments))
    for name in ("shop", "club"):
        await campaigns.pause(site.pool, name, site.change())
        await campaigns.resume(site.pool, name, site.change(3 * HOUR))
    await site.catalogue.refresh()
    with capture_logs() as said:
        async with asyncio.timeout(PATIENCE_S):
            while await site.pool.fetchval(UNFINISHED):
                await site.replanner.run_once()
            await site.replanner.run_once()
    await site.stands(WAITING, "b", 4 * HOUR)
    told = [line["replan"] for line in said if line["event"].startswith("Replan of a newer release")]
    left = [job.id for job in await replans.pending(site.pool, [BOT - 1, BOT])]
    assert told == left == ([] if kind == "include" else [1])
    assert await replans.resumes(site.pool, BOT, 2**62)
