"""`python -m engine inspect @bot CHAT_ID`: what the engine knows of one chat, and why nothing is sent just now.

It only reads. Neither tokens nor anybody's messages are in what it shows.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from engine.core.delivery import chat_status as standings
from engine.core.delivery.chat_status import Episode, KnownChat, PublishedVersions, Standing
from engine.core.errors import NotFoundError
from engine.core.schedule import step_schedule
from engine.runtime.process import command
from engine.settings import Settings, load_settings
from storage.chat_status import read_chat, read_clockwork
from storage.postgres import bots, poller_bots
from storage.postgres.pool import Pool, open_pool, transaction
from storage.redis.client import Redis, open_redis

_MOMENT: Final = "%Y-%m-%d %H:%M:%S %Z"


async def inspect(pool: Pool, client: Redis, bot_id: int, chat_id: int) -> Standing:
    """Read how a chat stands. Raises NotFoundError for an unknown bot, UnreachableError."""
    known = await read_chat(pool, bot_id, chat_id)
    if known is None:
        raise NotFoundError(
            "There is no bot {bot_id}: `python -m engine bots list` shows those there are.", bot_id=bot_id
        )
    published = await _published(pool, known)
    return standings.draw(chat_id, await read_clockwork(client, bot_id, chat_id), known, published)


async def _published(pool: Pool, known: KnownChat) -> PublishedVersions:
    cursor = known.current.cursor if known.current else None
    newest, pinned = known.campaign_version, cursor.campaign_version if cursor else 0
    return PublishedVersions(
        await poller_bots.load_snapshot(pool, known.bot_id, newest) if newest else None,
        await poller_bots.load_snapshot(pool, known.bot_id, pinned) if pinned and pinned != newest else None,
    )


async def _look(settings: Settings, bot: str, chat_id: int) -> Standing:
    client, pool = open_redis(settings.redis_url), await open_pool(settings.database_url)
    try:
        return await inspect(pool, client, await _bot_id(pool, bot), chat_id)
    finally:
        await pool.close()
        await client.aclose()


async def _bot_id(pool: Pool, written: str) -> int:
    name = written.removeprefix("@")[:64]
    async with transaction(pool) as connection:
        listed = await bots.list_bots(connection)
    for bot in listed:
        if bot.username.lower() == name.lower():
            return bot.bot_id
    raise NotFoundError("There is no bot @{bot}: `python -m engine bots list` shows those there are.", bot=name)


@command
def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m engine inspect", description="Show how one chat stands.")
    parser.add_argument("bot", metavar="@bot")
    parser.add_argument("chat", type=int, metavar="CHAT_ID")
    parser.add_argument("--json", action="store_true", help="the same as one JSON object, moments in ms")
    given = parser.parse_args(arguments)
    seen = asyncio.run(_look(load_settings(), given.bot, given.chat))
    said = msgspec.json.encode(seen).decode() if given.json else "\n".join(_lines(seen))
    sys.stdout.write(f"{said}\n")


def _lines(seen: Standing) -> Iterator[str]:
    version = f"version {seen.campaign_version}" if seen.campaign_version else "nothing published"
    threshold = f", threshold {step_schedule.write_duration(seen.threshold_ms)}" if seen.threshold_ms else ""
    yield f"@{seen.bot}, chat {seen.chat_id}: {_words(seen.phase)}"
    yield f"  now         {_moment(seen, seen.now_ms)}"
    yield f"  last seen   {_moment(seen, seen.last_seen_ms)}"
    yield f"  next due    {_next(seen)}"
    yield f"  bot         {seen.bot_status}{', the emergency stop is engaged' if seen.emergency_stop else ''}"
    yield f"  campaign    {seen.campaign_state}, {version}{threshold}"
    yield f"  feed        {_feed(seen)}"
    for one in seen.against:
        yield f"  against     {_words(one.reason)}{f', until {_moment(seen, one.until_ms)}' if one.until_ms else ''}"
    for episode in seen.episodes:
        yield from _episode(seen, episode)


def _episode(seen: Standing, episode: Episode) -> Iterator[str]:
    end = f"ended {_moment(seen, episode.ended_ms)}: {_words(episode.reason or '')}" if episode.ended_ms else "open"
    yield f"  episode {episode.episode_id}, began {_moment(seen, episode.began_ms)}, {end}"
    for one in episode.deliveries:
        when = f"sent {_moment(seen, one.sent_ms)}" if one.sent_ms else f"due {_moment(seen, one.due_ms)}"
        why = f" ({_words(one.reason)})" if one.reason else ""
        crossed = ", crossed a sign of life" if one.crossed else ""
        yield f"    {one.step + '/' + one.block:<32} {one.status + why:<28} {when}{crossed}"


def _next(seen: Standing) -> str:
    if seen.next_due_ms is None:
        return "never"
    what = f", {seen.next.step}/{seen.next.block}" if seen.next else ""
    left_ms = seen.next_due_ms - seen.now_ms
    when = f"in {_duration(left_ms)}" if left_ms >= 0 else f"{_duration(-left_ms)} ago"
    return f"{_moment(seen, seen.next_due_ms)}, {when}{what}"


def _feed(seen: Standing) -> str:
    if seen.watermark_ms is None:
        return "never confirmed"
    return f"taken in up to {_duration(max(0, seen.now_ms - seen.watermark_ms))} ago"


def _duration(ms: int) -> str:
    return step_schedule.write_duration(ms // 1000 * 1000)


def _moment(seen: Standing, at_ms: int | None) -> str:
    return "never" if at_ms is None else step_schedule.local(at_ms, seen.zone or "UTC").strftime(_MOMENT)


def _words(name: str) -> str:
    return name.replace("_", " ")
