"""Deletes messages that were sent for a limited time, and edits those that a return or a payment has overtaken.

It works on messages that are already there, so it goes on in every state of a campaign: ended, paused, stopped. It runs
twice a second, so that a deletion is done within a second of its time. Telegram counts edits like sends, so there are
only a few per turn, beside the pace of the lane. A turn waits for no answer: a later one records what it has begun. A
bot with something put off rests a while; only Telegram's refusal makes the sweeper give a message up.

A token that Telegram refuses is put to the test as if a send had met it; while its bot is suspended, Telegram is left
alone, and what is due waits for the new token.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple, TypeAlias

from engine.core.campaign.snapshot import choose
from engine.core.content import templates
from engine.core.content.model import Replace, Unbutton
from engine.core.content.templates import Person
from engine.core.delivery.message_rules import rule_for
from engine.core.delivery.outcome import Outcome, Rejected, RetryLater, Sent, Unauthorized, Unreachable, not_sent
from engine.core.delivery.sequence import find_block, find_step
from engine.core.errors import RecoveryError
from engine.poller.served_bots import Served, ServedBots
from engine.runtime import metrics
from engine.runtime.server_clock import ServerClock
from engine.runtime.service import pause, run_service
from engine.runtime.telemetry import logger
from engine.telegram.sender import Sender
from storage.postgres import message_sweeps
from storage.postgres.message_sweeps import Leftover, Limit, Swept
from storage.postgres.pool import Pool
from storage.redis import bot_state
from storage.redis.client import Redis

TURN_S: Final = 0.5
REST_MS: Final = 5_000
REFUSED_REST_MS: Final = 600_000
"""After a refused token. By then its bot is suspended, unless an admin has paused it, or Telegram takes it again."""
DELETIONS: Final = 30
EDITS: Final = 2
IN_HAND: Final = 60
"""How many deletions and edits of one bot may be under way at once."""

_Place: TypeAlias = tuple[object, ...]


class _Deed(NamedTuple):
    """What is done in the name of a bot, with the token that it had then."""

    leftover: Leftover
    bot: Served
    task: asyncio.Task[Outcome]


class Sweep(NamedTuple):
    """Of how many deliveries the messages were deleted or edited, and how many Telegram refused to change."""

    deleted: int
    edited: int
    refused: int


class Sweeper:
    """`ours`: whether this process sweeps the bot's messages. `suspect` hears of a bot whose token was refused."""

    def __init__(
        self,
        pool: Pool,
        client: Redis,
        sender: Sender,
        catalogue: ServedBots,
        clock: ServerClock,
        ours: Callable[[int], bool],
        suspect: Callable[[Served], None],
    ) -> None:
        self._pool = pool
        self._client = client
        self._sender = sender
        self._catalogue = catalogue
        self._clock = clock
        self._ours = ours
        self._suspect = suspect
        self._rests: dict[tuple[int, bytes], int] = {}
        self._under_way: dict[_Place, _Deed] = {}

    async def run(self) -> None:
        """Sweep again and again, until cancelled; the next sweeper repeats what was cut short."""
        try:
            await run_service(self.run_once, pause(TURN_S), "Sweep failed")
        finally:
            tasks = [deed.task for deed in self._under_way.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def run_once(self) -> Sweep:
        """Record the results of what was begun, and begin what is due. Raises UnreachableError."""
        ended = self._ended()
        swept = [one for one in map(self._judged, ended) if one]
        if swept:
            await message_sweeps.note(self._pool, swept, self._clock.now_ms())
            metrics.swept.inc(len(swept))
        await self._hold(ended)
        await self._begin()
        return _counted(swept)

    async def _begin(self) -> None:
        """Wait for no answer here: a slow one holds up no other."""
        now_ms = self._clock.now_ms()
        bots = {bot_id: bot for bot_id, bot in self._catalogue.bots.items() if self._sweeps(bot, now_ms)}
        for leftover in await self._due(bots, now_ms):
            if _place(leftover) not in self._under_way:
                bot = bots[leftover.bot_id]
                task = asyncio.create_task(self._touch_up_or_put_off(bot, leftover))
                self._under_way[_place(leftover)] = _Deed(leftover, bot, task)

    def _sweeps(self, bot: Served, now_ms: int) -> bool:
        return self._ours(bot.bot_id) and not bot.suspended and self._rests.get(_token(bot), 0) <= now_ms

    async def _due(self, bots: Collection[int], now_ms: int) -> list[Leftover]:
        """What is due, including what is under way; nothing of a bot that Telegram asked to wait."""
        leftovers = [deed.leftover for deed in self._under_way.values()]
        busy = Counter((leftover.bot_id, leftover.edit_for is None) for leftover in leftovers)
        free = [bot for bot in bots if busy[bot, True] + busy[bot, False] < IN_HAND]
        if not free:
            return []
        limits = [Limit(bot, DELETIONS + busy[bot, True], EDITS + busy[bot, False]) for bot in free]
        due = await message_sweeps.due(self._pool, limits, now_ms)
        holds = await bot_state.holds(self._client, {leftover.bot_id for leftover in due})
        return [leftover for leftover in due if holds[leftover.bot_id] <= now_ms]

    def _ended(self) -> list[_Deed]:
        """What was finished since the last turn."""
        over = [place for place, deed in self._under_way.items() if deed.task.done()]
        return [self._under_way.pop(place) for place in over]

    async def _hold(self, ended: Sequence[_Deed]) -> None:
        """Telegram asks the whole bot to wait."""
        for deed in ended:
            outcome = deed.task.result()
            if isinstance(outcome, RetryLater) and outcome.bot_wide:
                await bot_state.hold(self._client, deed.bot.bot_id, self._clock.now_ms() + outcome.after_ms)

    async def _touch_up_or_put_off(self, bot: Served, leftover: Leftover) -> Outcome:
        try:
            return await self._touch_up(bot, leftover)
        except RecoveryError as error:
            logger().warning("Sweep failed", bot_id=leftover.bot_id, error=error)
        except Exception:  # noqa: BLE001 - one message's fault puts off no other bot's
            logger().exception("Sweep failed", bot_id=leftover.bot_id)
        return not_sent(attempts=1)

    async def _touch_up(self, bot: Served, leftover: Leftover) -> Outcome:
        """Delete or edit; leave a message whose block no longer exists as it is."""
        if not leftover.message_ids:
            return Rejected("no message is on record")
        if leftover.edit_for is None:
            return await self._sender.delete(bot.speaker, leftover.chat_id, leftover.message_ids)
        return await self._edit(bot, leftover, leftover.edit_for)

    async def _edit(self, bot: Served, leftover: Leftover, occasion: str) -> Outcome:
        snapshot = await self._catalogue.version(bot.bot_id, leftover.campaign_version)
        block = find_block(find_step(snapshot, leftover.step), leftover.block) if snapshot else None
        rule = rule_for(block.effects, occasion) if block else None
        speaker, chat_id, message_id = bot.speaker, leftover.chat_id, leftover.message_ids[0]
        if block and isinstance(rule, Replace):
            person = Person(leftover.first_name, leftover.username, leftover.language)
            text = templates.render(rule.text, person, bot.username)
            sent = choose(block, person.language)
            return await self._sender.replace(speaker, chat_id, message_id, text, sent)
        if isinstance(rule, Unbutton):
            return await self._sender.unbutton(speaker, chat_id, message_id)
        return Rejected("the block has no such rule")

    def _judged(self, deed: _Deed) -> Swept | None:
        """None for what is put off: its bot rests."""
        leftover, bot, task = deed
        match task.result():
            case Sent():
                return Swept(leftover, None)
            case Rejected(detail):
                return self._refused(leftover, detail)
            case Unreachable():
                return self._refused(leftover, "the person cannot be reached")
            case RetryLater(after_ms, True):
                self._rest(bot, after_ms)
            case Unauthorized():
                self._rest(bot, REFUSED_REST_MS)
                self._suspect(bot)
            case _:
                self._rest(bot, REST_MS)
        return None

    def _rest(self, bot: Served, for_ms: int) -> None:
        """A shorter rest does not cut a longer one; a new token ends it."""
        self._rests[_token(bot)] = max(self._rests.get(_token(bot), 0), self._clock.now_ms() + for_ms)

    def _refused(self, leftover: Leftover, detail: str) -> Swept:
        what = "edited" if leftover.edit_for else "deleted"
        where = {"chat": leftover.chat_id, "step": leftover.step, "block": leftover.block}
        logger().warning(f"Message not {what}", bot_id=leftover.bot_id, **where, detail=detail)
        return Swept(leftover, detail)


def _token(bot: Served) -> tuple[int, bytes]:
    return bot.bot_id, bot.sealed_token


def _place(leftover: Leftover) -> _Place:
    """The delivery and the occasion, without what is known of the person."""
    return (*leftover[:5], leftover.edit_for)


def _counted(swept: Sequence[Swept]) -> Sweep:
    done = [one.leftover.edit_for for one in swept if one.refusal is None]
    return Sweep(done.count(None), len(done) - done.count(None), len(swept) - len(done))
