"""Does the service keep its promises in a storm of failures?

Processes are killed, frozen and replaced, servers die, are emptied and restart, connections are cut and slow, Telegram
refuses, hangs up and is silent, while people write, pay, opt out and come back. The seed decides who does what, and
which strike comes when. The verdict rests on what the sandbox received.
"""

import argparse
import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from bench.harness.arguments import whole
from bench.harness.beside import beside
from bench.harness.proxy import Proxy, running_proxy
from bench.harness.question import Given, Question, on_stack
from bench.harness.ready import until_ready
from bench.harness.stack import Stack, give_campaign
from bench.harness.stores import open_stores
from bench.questions.chaos import script
from bench.questions.chaos.crew import MANAGER, POLLERS, RECEIVERS, SHARDS, Crew, Post
from bench.questions.chaos.doubtful import unexplained
from bench.questions.chaos.ground import POSTGRES, VALKEY, Ground, Struck
from bench.questions.chaos.history import Sources, history_of
from bench.questions.chaos.plan import STORM, plan
from bench.questions.chaos.recovery import recoveries, waits
from bench.questions.chaos.report import Case, Outcome
from bench.questions.chaos.storm import strike_all
from bench.questions.exactly_once.evidence import Evidence
from bench.questions.exactly_once.judge import Chat, JudgementError, Undecided, judge, requests_of, wrong
from bench.questions.exactly_once.over import is_over, what_is_left
from bench.questions.exactly_once.play import Play
from bench.questions.exactly_once.scene import Scene
from bench.questions.exactly_once.script import CAMPAIGN, Part, expected
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import LANGUAGE, BotInfo, Row
from engine.core.errors import RecoveryError
from engine.receiver.reply_texts import texts_for
from storage.postgres.pool import Pool

_FEWEST_BOTS: Final = 3
_MOST_BOTS: Final = 10
_MOST_CHATS: Final = 5_000
_SHORTEST_S: Final = 20
_LONGEST_S: Final = 3_600
_PATIENCE_S: Final = 90.0
"""After the storm: a send without an answer alone takes half a minute."""
_LOOK_S: Final = 0.25
_ANSWER_S: Final = 20.0


class _Given(Given):
    """`chats`: of each bot."""

    seconds: int
    seed: int
    bots: int
    chats: int | None

    @property
    def people(self) -> int:
        """Without a number, two come each second to each bot, so that something is always due."""
        return self.chats or 2 * self.seconds


class _Judged(NamedTuple):
    """What a run is judged by."""

    rows: Sequence[Row]
    undecided: Sequence[Undecided]
    struck: Sequence[Struck]
    left: str


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> _Given:
    parser.add_argument("--seconds", type=whole(_SHORTEST_S, _LONGEST_S), default=120, help="how long the storm lasts")
    parser.add_argument("--seed", type=int, default=0, help="decides who does what, and which strike comes when")
    parser.add_argument("--bots", type=whole(_FEWEST_BOTS, _MOST_BOTS), default=4)
    parser.add_argument("--chats", type=whole(1, _MOST_CHATS), help="of each bot; by default two for each second")
    return parser.parse_args(words, _Given())


async def _run(stack: Stack, given: _Given) -> Outcome:
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # that our own connections break as well is no news
    strikes = sorted(strike for series in STORM for strike in plan(series, given.seconds, given.seed))
    given.say("\n".join(["The plan of the storm", *(strike.as_line() for strike in strikes)]))
    ready = stack.start_sandbox(given.bots + 1, given.seed, "--limits")
    *bots, manager = ready.bots
    await give_campaign(stack.settings, tuple(bots), CAMPAIGN)
    async with AsyncExitStack() as contexts:
        client = await contexts.enter_async_context(SandboxClient(ready.control_url))
        redis, pool = await contexts.enter_async_context(open_stores(stack.settings))
        proxy = await contexts.enter_async_context(running_proxy())
        (admin,) = await client.add_people(1)
        stack.overrides |= {
            **await _ways(stack, proxy),
            "MANAGER_BOT_TOKEN": manager.token,
            "ADMIN_IDS": str(admin.id),
        }
        crew = Crew(stack)
        ids = [bot.id for bot in bots]
        evidence = Evidence(redis, pool, ids)
        await _start(stack, crew)
        await until_ready(stack, client, evidence.whole, ids, crew.of("poller"))
        await crew.until_ready(crew.names)
        cast = await _cast(client, ids, given)
        play = Play(client, cast)
        owed = expected([list(cast.values())])
        scene = Scene(stack, play, evidence, client, tuple(ids), owed, POLLERS - 1, kills=True)
        ground = Ground(scene, crew, proxy, redis)
        given.say(f"{len(cast)} chats come within {given.seconds} s; about {owed} messages are owed")
        async with beside(asyncio.create_task(crew.tend())):
            judged = await _weather(ground, given)
            answers = await _answers(client, manager, admin.id)
        await crew.dismiss()
        return await _judge(
            ground, pool, given, judged, {bot.id: bot.username for bot in bots}, manager_answers=answers
        )


async def _ways(stack: Stack, proxy: Proxy) -> dict[str, str]:
    """The addresses by which processes reach the servers: through the proxy."""
    found = {}
    for name, url, way in (
        ("REDIS_URL", stack.settings.redis_url, VALKEY),
        ("DATABASE_URL", stack.settings.database_url, POSTGRES),
    ):
        port = urlsplit(url).port or 0
        found[name] = url.replace(f":{port}/", f":{await proxy.forward(way, port)}/")
    return found


async def _start(stack: Stack, crew: Crew) -> None:
    await stack.set_shards(SHARDS)
    crew.hire(Post("receiver"), RECEIVERS)
    for shard in range(SHARDS):
        crew.hire(Post("poller", shard), POLLERS)
    crew.hire(MANAGER)


async def _cast(client: SandboxClient, bots: Sequence[int], given: _Given) -> dict[Chat, Part]:
    people = await client.add_people(given.people)
    parts = script.write(len(bots), given.people, given.seconds, given.seed)
    return {
        (bot, person.id): part
        for bot, cast_of_bot in zip(bots, parts, strict=True)
        for person, part in zip(people, cast_of_bot, strict=True)
    }


async def _weather(ground: Ground, given: _Given) -> _Judged:
    """The storm, and what comes after it until everything is over."""
    await ground.scene.play.begin()
    async with beside(asyncio.create_task(ground.scene.play.run())):
        struck = await strike_all(ground, given.seconds, given.seed, given.say)
        given.say("The storm is over; waiting until nothing is due any more")
        left = await _left_over(ground.scene)
    record = await ground.scene.client.record()
    rows = _by_campaign((*record.rows, *record.open), ground.scene.bots)
    return _Judged(rows, await ground.scene.evidence.undecided(), struck, left)


async def _left_over(scene: Scene) -> str:
    """Empty once everything is over; what is left if that takes too long."""
    give_up = time.monotonic() + _PATIENCE_S
    while not await is_over(scene):
        if time.monotonic() > give_up:
            return await what_is_left(scene)
        await asyncio.sleep(_LOOK_S)
    return ""


def _by_campaign(rows: Sequence[Row], bots: Sequence[int]) -> list[Row]:
    """Without the manager's messages, and without the receivers' replies to people who opt out."""
    reply = texts_for(LANGUAGE).stopped
    return sorted((row for row in rows if row.bot_id in bots and row.text != reply), key=lambda row: row.seq)


async def _answers(client: SandboxClient, manager: BotInfo, admin: int) -> bool:
    await client.start(manager.id, admin)
    return await client.next_message(manager.id, admin, wait=_ANSWER_S) is not None


async def _judge(
    ground: Ground,
    pool: Pool,
    given: _Given,
    judged: _Judged,
    usernames: Mapping[int, str],
    *,
    manager_answers: bool,
) -> Outcome:
    play, rows = ground.scene.play, judged.rows
    silences = play.silences()
    requests = requests_of(silences, rows)
    what = {chat: findings.wrong for chat, findings in wrong(silences, rows, judged.undecided).items()}
    for chat, count in unexplained(silences, requests, judged.undecided).items():
        what[chat] = what.get(chat, {}) | {"unknown": count}
    sources = Sources(play.done, play.acknowledged, rows, judged.struck, ground.scene.stack.directory, usernames)
    holds = [one.blow.hold for one in judged.struck if one.blow.hold]
    return Outcome(
        seed=given.seed,
        seconds=given.seconds,
        verdict=judge(silences, rows, judged.undecided),
        struck=judged.struck,
        recoveries=recoveries(waits(silences, requests), judged.struck, holds),
        cases=[Case(chat, found, await history_of(chat, sources, pool)) for chat, found in what.items()],
        left=judged.left,
        died=ground.crew.died,
        restarted=ground.crew.restarted,
        violations=(await ground.scene.client.violations()).count,
        manager_answers=manager_answers,
    )


QUESTION: Final = Question(__package__, __doc__, _parse, on_stack(_run), (RecoveryError, JudgementError))
