"""`python -m engine inspect @bot CHAT_ID`: what the engine knows of one chat, and why nothing is sent just now."""

from collections.abc import Iterator
from typing import Annotated, Final

from cyclopts import Parameter

from engine.administration import lookup
from engine.chats import inspection
from engine.cli.shared import BotName, Id, Json, noun, open_servers, say, say_json
from engine.core.delivery.chat_status import Episode, Standing
from engine.core.schedule import step_schedule
from storage.postgres.pool import transaction

_MOMENT: Final = "%Y-%m-%d %H:%M:%S %Z"

app = noun("inspect", "inspect @shop_bot 5000000001")


@app.default
async def inspect(
    bot: BotName, chat_id: Annotated[Id, Parameter(help="The user's id.")], /, *, json: Json = False
) -> None:
    async with open_servers() as servers:
        async with transaction(servers.pool) as connection:
            bot_id = await lookup.look_at_bot(connection, bot)
        seen = await inspection.inspect(servers.pool, servers.redis, bot_id, chat_id)
    if json:
        say_json(seen)
    else:
        say("\n".join(_lines(seen)))


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
