"""What the publish screen counts is what the replanner then does: random drafts for people who wait everywhere."""

from random import Random

import pytest
from msgspec.structs import replace

from engine.administration import campaigns, publish_impact
from engine.administration.campaigns import Publishing
from engine.core.campaign.snapshot import Snapshot, Step
from engine.core.delivery.replan import sends
from engine.core.schedule.sending_hours import Window
from engine.core.schedule.step_schedule import After, OnDay
from storage.postgres import replans
from storage.postgres.pool import transaction
from tests.poller.test_replanner import BOT, HOUR, LEAST_MS, MINUTE, USUAL, Site, site, step

__all__ = ["site"]

NAMES = "abcde"
FIRST = 100


async def people(site: Site, random: Random, count: int) -> None:
    """People who have had some steps, in any order, and wait for another one."""
    for chat in range(FIRST, FIRST + count):
        episode = site.began_ms - chat * 1000
        *had, awaited = random.sample(NAMES, random.randint(1, 4))
        await site.pool.execute(
            "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)"
            " VALUES ($1, $2, $3, 1, $3)",
            *(BOT, chat, episode),
        )
        anchor_ms = site.began_ms - random.randint(0, 4) * HOUR
        for ordinal, key in enumerate([*had, awaited]):
            await site.pool.execute(
                "INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status,"
                " version, campaign_version, due_at, anchor_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 0, $8, $9)",
                *(BOT, chat, episode, key, f"{key}1", ordinal, "scheduled" if key == awaited else "sent"),
                *(anchor_ms + random.randint(0, 5) * HOUR, anchor_ms),
            )


def drafted(random: Random) -> Snapshot:
    chosen = random.sample(NAMES, random.randint(2, 5))
    window = random.choice([None, None, Window(540, 1260)])
    return replace(USUAL, steps=tuple(_step(key, random, on=key == chosen[0]) for key in chosen), window=window)


def _step(key: str, random: Random, *, on: bool) -> Step:
    schedule = random.choice([After(random.randint(0, 6) * HOUR), OnDay(1, random.randint(0, 23), 30)])
    return replace(step(key, 0, active=on or random.random() > 0.1), schedule=schedule)


async def waiting(site: Site) -> dict[int, tuple[str, int]]:
    """The step and due of everyone who waits."""
    async with transaction(site.pool) as connection:
        page = await replans.page(connection, BOT, 2**62, -1)
    return {one.chat_id: (one.cursor.step, one.due_ms) for one in page}


async def published(site: Site, draft: Snapshot, how: Publishing, at_ms: int) -> None:
    """Publish a draft, and hold what was counted before against what has become of the people."""
    await campaigns.import_draft(site.pool, "shop", draft, LEAST_MS, site.change(at_ms))
    foreseen, before = await publish_impact.foresee(site.pool, BOT, site.began_ms + at_ms), await waiting(site)
    await campaigns.publish(site.pool, "shop", LEAST_MS, site.change(at_ms), how)
    await site.replanned()
    after = await waiting(site)
    moved = [chat for chat in after if after[chat][1] != before[chat][1]]
    if how.mode == "keep":
        assert (moved, after.keys()) == ([], before.keys())
        return
    live = {one.key for one in draft.steps if sends(one)}
    slots = [chat for chat, (key, _) in after.items() if key not in live]
    finished = before.keys() - after.keys()
    assert (foreseen.moved, foreseen.gone + foreseen.ended) == (len(moved), len(slots) + len(finished))


@pytest.mark.parametrize("seed", range(4))
async def test_the_counted_people_are_those_who_are_moved(site: Site, seed: int) -> None:
    random, at_ms = Random(seed), 0
    await people(site, random, 40)
    for mode in ("update", "update", "keep", "update", "update"):
        at_ms += random.randint(0, 50) * MINUTE
        await published(site, drafted(random), Publishing(mode=mode), at_ms)
        await campaigns.pause(site.pool, "shop", site.change(at_ms))
        await published(site, drafted(random), Publishing(), at_ms + 40 * MINUTE)
        at_ms += HOUR
        await campaigns.resume(site.pool, "shop", site.change(at_ms))
        await site.replanned()
