"""Very many timers are due in the same second: do they drain batch by batch, while touches go on?"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from bench.questions.scale.armed import make_due, open_feed
from bench.questions.scale.histogram import Held, held_by_scripts
from bench.questions.scale.worker import Work
from bench.questions.scale.workers import run_together
from storage.redis.client import open_redis
from storage.redis.server_clock import server_now_ms
from storage.redis.timers import Timers

_DRAINERS: Final = 2


class Herd(NamedTuple):
    """`held`: how long scripts held the server meanwhile."""

    chats: int
    fired: int
    fired_per_s: float
    touched: int
    touch_p99_ms: float
    held: Held


async def drain(url: str, bots: Sequence[int], chats: int) -> Herd:
    client = open_redis(url)
    timers, each = Timers(client), chats // len(bots)
    for bot_id in bots:
        await open_feed(client, timers, bot_id)
    due_ms = await server_now_ms(client)
    for bot_id in bots:
        await make_due(timers, bot_id, each, due_ms)
    await client.config_resetstat()
    shares = [bots[number::_DRAINERS] for number in range(_DRAINERS)]
    drainers = [Work(url, "drain", share) for share in shares if share]
    *drained, touched = await run_together(drainers, beside=Work(url, "touch", bots))
    held = await held_by_scripts(client)
    await client.aclose()
    fired = sum(done.count for done in drained)
    per_s = fired / max(done.wall_s for done in drained)
    return Herd(each * len(bots), fired, per_s, touched.count, touched.p99_ms, held)
