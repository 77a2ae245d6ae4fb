"""One bot's feed by long polling: an update is acknowledged, by the next offset, only after its effect stands.

Once Telegram has answered to an offset it has done its work, and is left out: after an idle week Telegram may restart
its numbering lower, and would never show those updates to a reader that asks for higher ones.

A completed poll confirms, after its touches, what it has surely seen: `engine.core.watermark` says up to when. The time
is the one that Redis told before the poll was sent, so that nothing that is late or stands still afterwards adds to it.
A poll's time-out ends a second before the bot's nearest due, so that a timer that becomes due meets a fresh feed.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from engine.core.watermark import has_gap, least_now_ms, seen_upto
from engine.receiver.events import not_before
from engine.receiver.reader_watch import ReaderWatch
from engine.receiver.update_handler import UpdateHandler
from engine.receiver.update_kinds import ALLOWED
from engine.receiver.updates import Batch, read_answer, report_bad
from engine.receiver.webhook_feed import Foreign, leave
from engine.runtime.elapsed import elapsed_s
from engine.runtime.telemetry import logger
from engine.telegram.client import BotApi
from engine.telegram.refused_call import Refused
from storage.postgres import bot_tokens
from storage.postgres.incidents import FOREIGN_WEBHOOK, SECOND_READER
from storage.redis import bot_state, keys
from storage.redis.arrivals import Arrivals, Came
from storage.redis.ownership import owner_of
from storage.redis.server_clock import bot_now_ms
from storage.redis.timer_values import Holding

SHORTEST_POLL_S: Final = 3
LONGEST_POLL_S: Final = 30
AHEAD_OF_DUE_MS: Final = 1_000
LIMIT: Final = 100
NOT_OURS_S: Final = 1.0
_ANSWER_S: Final = 20
_CONFLICT: Final = 409
_WEBHOOK_ACTIVE: Final = "webhook is active"


class Polled(NamedTuple):
    """What one poll gave: how many events took effect, and how long to rest before the next."""

    events: int
    rest_s: float = 0.0


class PollingFeed:
    """`holding`: in whose name the feed is confirmed; None once another receiver has it."""

    def __init__(
        self, api: BotApi, effects: UpdateHandler, bot_id: int, username: str, holding: Callable[[], Holding | None]
    ) -> None:
        self._api = api
        self._effects = effects
        self._bot_id = bot_id
        self._holding = holding
        self._arrivals = Arrivals(effects.client)
        self._watch = ReaderWatch(effects.endings.pool, effects.client, bot_id, username)
        self._log = logger().bind(bot=username)
        self._offset = 0
        self._floor = -1
        self._polled = self._noted = self._in_conflict = self._confirmed = False
        self._timeout_s = 0
        self._heard_ms: int | None = None
        """What Redis last told of its time; None when it has to be asked."""
        self._heard_as: Holding | None = None

    async def run_once(self) -> Polled | Refused:
        """Poll once, let every update take effect, confirm the feed. Raises UnreachableError."""
        if self._holding() is None:
            return Polled(0, NOT_OURS_S)
        began_ms, began_s = await self._heard(), elapsed_s()
        answer = await self._poll()
        waited_s = elapsed_s() - began_s
        if isinstance(answer, Refused):
            return await self._after_refusal(answer)
        self._polled = True
        report_bad(self._log, answer.bad)
        earliest_ms = await self._earliest_ms(answer.numbers)
        await self._effects.take_all(self._bot_id, [not_before(event, earliest_ms) for event in answer.events])
        await self._count(answer.numbers)
        self._offset = 0 if answer.last_id is None else answer.last_id + 1
        seen_ms = seen_upto(began_ms, self._timeout_s, waited_s, in_vain=answer.size == 0)
        least_ms = least_now_ms(began_ms, elapsed_s() - began_s)
        rest_s = await self._confirm(seen_ms, least_ms, more=answer.size == LIMIT)
        await self._note_polling()
        return Polled(len(answer.events), rest_s)

    async def _earliest_ms(self, numbers: Sequence[int]) -> int:
        """Up to when all updates had come before these did; 0 if some of these may have come before.

        After its own first confirmation a feed gets only new ones. Those of its first poll may have been taken in by a
        predecessor that could not acknowledge them any more.
        """
        if not numbers:
            return 0
        if self._confirmed:
            return self._effects.activity.confirmed_ms(self._bot_id)
        came = await self._arrivals.look(self._bot_id)
        if not 0 <= came.floor < numbers[0]:
            return 0
        return await bot_state.watermark(self._effects.client, self._bot_id) or 0

    async def _note_polling(self) -> None:
        """A poll that was answered proves that no webhook is set any more. Its updates have been taken in before."""
        if not self._noted:
            await bot_tokens.note_webhook(self._effects.endings.pool, self._bot_id, None)
            self._noted = True

    async def _count(self, numbers: Sequence[int]) -> None:
        """Note what came, and whether an update is missing in between: another program has taken it then.

        What this feed remembers serves where Redis has been emptied, or has lost its last second.
        """
        if not numbers:
            return
        came = await self._arrivals.note(self._bot_id, numbers)
        if came.floor < numbers[-1]:
            if self._is_missing_one(came, numbers):
                await self._watch.contest_missing()
            await self._arrivals.raise_floor(self._bot_id, numbers[-1])
        self._floor = numbers[-1]

    def _is_missing_one(self, came: Came, numbers: Sequence[int]) -> bool:
        if self._floor < 0 or came.restarted:
            return came.floor >= 0
        return has_gap(self._floor, numbers)

    async def _heard(self) -> int:
        """A time of Redis before now. It serves one poll, under the holding and so the server that it came from."""
        heard_ms, heard_as = self._heard_ms, self._heard_as
        self._heard_ms, self._heard_as = None, self._holding()
        if heard_ms is None or heard_as != self._heard_as:
            return await bot_now_ms(self._effects.client, self._bot_id)
        return heard_ms

    async def _confirm(self, seen_ms: int, least_ms: int, *, more: bool) -> float:
        """Confirm what the poll has seen; returns how long to rest before the next.

        A full answer means that more is waiting: the backlog is taken in first, silence is judged after it. Under a
        holding that is new since the poll was sent, the next poll confirms: the server's clock may be another one.
        """
        self._timeout_s = 0
        holding = self._holding()
        if more or holding is None or holding != self._heard_as:
            return 0.0
        await self._contest_conflict()
        await self._watch.close()
        confirmed = await self._effects.activity.confirm(self._bot_id, holding, seen_ms, least_ms)
        if confirmed is None:
            return NOT_OURS_S
        self._confirmed = True
        self._heard_ms, self._heard_as = confirmed.now_ms, holding
        self._timeout_s = timeout_s(confirmed.now_ms, confirmed.nearest_due_ms, seen_ms)
        return 0.0

    async def _poll(self) -> Batch | Refused:
        wanted = {"offset": self._offset, "timeout": self._timeout_s, "limit": LIMIT, "allowed_updates": ALLOWED}
        body = await self._api.post("getUpdates", wanted, self._timeout_s + _ANSWER_S)
        return body if isinstance(body, Refused) else read_answer(body)

    async def _after_refusal(self, refused: Refused) -> Polled | Refused:
        """Remove a webhook of ours that is in the way of polling, left from when the bot came by webhook. Any other
        conflict is a reader that takes the updates from us, and so is a webhook that was set since we began to poll.
        """
        if refused.code != _CONFLICT:
            return refused
        if _WEBHOOK_ACTIVE not in refused.description:
            self._in_conflict = True
            await self._contest_conflict()
            return refused
        left = await leave(self._api, self._bot_id)
        if isinstance(left, Foreign):
            await self._contest(FOREIGN_WEBHOOK, left.host)
            return left.refused
        self._in_conflict = self._in_conflict or self._polled
        await self._contest_conflict()
        return left or Polled(0)

    async def _contest_conflict(self) -> None:
        """A conflict that cannot be recorded now is recorded before the feed is confirmed. It is none with a receiver
        that has taken the feed over from this one and reads it by right.
        """
        holding = self._holding()
        if not self._in_conflict or holding is None:
            return
        if await owner_of(self._effects.client, keys.of_bot(self._bot_id).poll) in (holding.owner, None):
            await self._contest(SECOND_READER)
        self._in_conflict = False

    async def _contest(self, kind: str, detail: str = "") -> None:
        await self._watch.contest(kind, detail)
        self._floor = -1


def timeout_s(now_ms: int, nearest_due_ms: int, seen_ms: int) -> int:
    """How long the next poll may wait, in whole seconds, after one that has seen everything up to `seen_ms`.

    A poll that updates ended has seen little of its own time: near a due the next one asks at once what it has missed.
    """
    behind_ms, ahead_ms = now_ms - seen_ms, nearest_due_ms - now_ms - AHEAD_OF_DUE_MS
    longest_s = LONGEST_POLL_S - behind_ms // 1000
    if nearest_due_ms < 0:
        return max(SHORTEST_POLL_S, longest_s)
    if behind_ms > AHEAD_OF_DUE_MS and ahead_ms <= SHORTEST_POLL_S * 1000:
        return 0
    return max(SHORTEST_POLL_S, min(longest_s, ahead_ms // 1000))
