"""The example campaign, given once to each of the sandbox's bots: what you change later stays."""

import time
from collections.abc import Sequence
from pathlib import Path

from engine import campaign_file
from engine.administration import campaign_views, campaigns
from engine.administration.campaign_views import Overview
from engine.core.change import Change
from engine.core.errors import NotFoundError
from engine.local.children import say
from storage.postgres.pool import Pool

FILE = Path(__file__).with_name("reminder.yaml")


async def give_example(pool: Pool, bots: Sequence[str], min_threshold_ms: int) -> None:
    """Import, publish and activate it for each bot that has nothing published yet."""
    change = Change(actor="dev run", at=time.time_ns() // 1_000_000)
    for bot in bots:
        found = await _overview(pool, bot, change.at)
        if found is None:
            draft = campaign_file.load(FILE, min_threshold_ms)
            await campaigns.import_draft(pool, bot, draft, min_threshold_ms, change)
        if found is None or found.published_version is None:
            await campaigns.publish(pool, bot, min_threshold_ms, change)
            state = await campaigns.activate(pool, bot, change)
            say("run", f"@{bot} has the campaign {FILE.name}, {state}")


async def _overview(pool: Pool, bot: str, now_ms: int) -> Overview | None:
    try:
        return await campaign_views.show(pool, bot, now_ms)
    except NotFoundError:
        return None
