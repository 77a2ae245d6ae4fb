"""Is anything sent late while the whole database is read, across the end of a month?

A report reads everything for a minute, in one transaction, and `pg_dump` runs again and again; meanwhile people fall
silent at a steady rate. No clock is moved. Instead the partitions of this month and of those ahead are taken away
before the readers come. That is what a poller finds at midnight of a month for which nothing was prepared: it must make
its partitions while they are read and deliveries fall into them. Beside a month that was prepared there is nothing to
make, so this is the harder case.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from bench.harness.arguments import whole
from bench.harness.beside import beside
from bench.harness.question import Given, Question, on_stack
from bench.harness.ready import until_ready
from bench.harness.stack import Ready, Stack, give_campaign
from bench.harness.stores import open_stores, timers_are_whole
from bench.questions.backup.judge import Outcome, Seen, judge
from bench.questions.backup.readers import Backups, read_everything
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act
from storage.postgres.partitions import MONTHS_AHEAD
from storage.postgres.pool import Pool
from storage.redis.client import Redis
from storage.redis.server_clock import server_now_ms

_CAMPAIGN: Final = """\
threshold: 2s
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks:
      - {key: one, text: "Are you still there?"}
"""
_BOTS: Final = 3
_LOOK_S: Final = 0.25
_PATIENCE_S: Final = 300.0
"""The maker of partitions rests for up to two minutes after a try, and the next one may meet a backup again."""
_AFTER_S: Final = 15.0
"""People go on falling silent after the report is over, while the partitions are made between two backups."""
_PARTITIONS: Final = """
SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'recovery_deliveries'::regclass AND relname <> 'recovery_deliveries_default'
"""
_OPEN: Final = "SELECT count(*) FROM recovery_episodes WHERE ended_at IS NULL"
_DUE: Final = "SELECT bot_id, chat_id, due_at FROM recovery_deliveries"
_IN_DEFAULT: Final = "SELECT count(*) FROM recovery_deliveries_default"


class Wanted(Given):
    seconds: int
    rate: int


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    parser.add_argument("--seconds", type=whole(5, 600), default=60, help="how long the report reads")
    parser.add_argument("--rate", type=whole(1, 50), default=6, help="people who fall silent each second, in all")
    return parser.parse_args(words, Wanted())


async def _run(stack: Stack, given: Wanted) -> Outcome:
    given.say(f"Starting the sandbox with {_BOTS} bots, the receiver and the poller")
    ready = stack.start_sandbox(_BOTS, 0, "--limits")
    await give_campaign(stack.settings, ready.bots, _CAMPAIGN)
    stack.start_receiver()
    await stack.set_shards(1)
    pollers = [stack.start_poller(0)]
    bots = [bot.id for bot in ready.bots]
    async with AsyncExitStack() as contexts:
        client = await contexts.enter_async_context(SandboxClient(ready.control_url))
        redis, pool = await contexts.enter_async_context(open_stores(stack.settings))
        await until_ready(stack, client, lambda: timers_are_whole(redis, bots), bots, pollers)
        return await _measure(stack, given, ready, client, redis, pool)


async def _measure(
    stack: Stack, given: Wanted, ready: Ready, client: SandboxClient, redis: Redis, pool: Pool
) -> Outcome:
    months = await _take_months_away(pool)
    given.say(f"{len(months)} partitions are taken away; a report and backups read everything for {given.seconds} s")
    database_url, backups = stack.settings.database_url, Backups()
    reading = asyncio.create_task(read_everything(database_url, given.seconds))
    backing_up = asyncio.create_task(backups.run(database_url))
    async with beside(reading, backing_up):
        come = await _fall_silent(stack, given, ready, client)
        given.say(f"{come} people fell silent; waiting for the last messages and the partitions")
        await _until_over(stack, pool, come)
    this_month = time.strftime("recovery_deliveries_%Y_%m", time.gmtime(await server_now_ms(redis) / 1000))
    rows = (await client.record()).rows
    return judge(
        Seen(
            {(row["bot_id"], row["chat_id"]): row["due_at"] for row in await pool.fetch(_DUE)},
            [((row.bot_id, row.chat_id or 0), row.arrived_ms) for row in rows if row.method == "sendMessage"],
            backups.made,
            int(await pool.fetchval(_IN_DEFAULT)),
            sorted(set(months) - set(await _partitions(pool)) - {this_month}),
        )
    )


async def _take_months_away(pool: Pool) -> list[str]:
    """Nobody reads or sends yet, so this waits for nobody."""
    while len(months := await _partitions(pool)) <= MONTHS_AHEAD:  # noqa: ASYNC110 - the database has no event to wait for
        await asyncio.sleep(_LOOK_S)
    await pool.execute(f"DROP TABLE {', '.join(months)}")
    return months


async def _partitions(pool: Pool) -> list[str]:
    return [row["relname"] for row in await pool.fetch(_PARTITIONS)]


async def _fall_silent(stack: Stack, given: Wanted, ready: Ready, client: SandboxClient) -> int:
    """Each person starts one bot, once, and then says nothing. Gives how many there were."""
    people = await client.add_people(int((given.seconds + _AFTER_S) * given.rate))
    began = time.monotonic()
    for number, person in enumerate(people):
        stack.check_alive()
        await asyncio.sleep(max(0.0, began + number / given.rate - time.monotonic()))
        await client.act([Act("start", ready.bots[number % _BOTS].id, person.id)])
    return len(people)


async def _until_over(stack: Stack, pool: Pool, come: int) -> None:
    """What is not over when time is up is lost or missing. Raises RecoveryError if a process fails."""
    give_up = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up:
        stack.check_alive()
        begun = int(await pool.fetchval("SELECT count(*) FROM recovery_episodes"))
        if begun >= come and not await pool.fetchval(_OPEN) and len(await _partitions(pool)) >= MONTHS_AHEAD:
            return
        await asyncio.sleep(_LOOK_S)


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run))
