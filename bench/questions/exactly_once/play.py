"""Has the people act by the script, and keeps what they did.

Replies wait for messages, so it polls the sandbox's record. If a message never comes, its reply is not made: the
silence goes on, and the judge counts the message as lost.
"""

import asyncio
import heapq
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from bench.questions.exactly_once.judge import Chat, Silence, place_of
from bench.questions.exactly_once.script import LONGEST_LATENCY_MS, SEQUENCE, ActKind, Part, Reply
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act, Fault, FaultKind, Row

_TICK_S: Final = 0.02
_ACKNOWLEDGEMENTS_EVERY: Final = 10


class Done(NamedTuple):
    """An act, as the sandbox recorded it."""

    at_ms: int
    update_id: int
    kind: ActKind
    reply: Reply | None


class _Planned(NamedTuple):
    at_ms: int
    chat: Chat
    kind: ActKind
    reply: Reply | None = None


class Play:
    def __init__(self, client: SandboxClient, parts: Mapping[Chat, Part]) -> None:
        self._client = client
        self._parts = parts
        self._bots = {bot for bot, _ in parts}
        self._agenda: list[_Planned] = []
        self._replies = {chat: part.reply for chat, part in parts.items() if part.reply and not part.pays}
        self._cursor = 0
        self._heard = 0
        self.acknowledged: dict[tuple[int, int], int] = {}
        self.done: defaultdict[Chat, list[Done]] = defaultdict(list)
        self.sends: set[int] = set()
        self.open: list[Row] = []

    async def begin(self) -> None:
        """Plans the first acts, and slows down the sends during which somebody replies."""
        for chat, reply in self._replies.items():
            if reply.during:
                await self._client.set_fault(_slow(chat))
        now_ms = _now_ms()
        for chat, part in self._parts.items():
            self._plan(_Planned(now_ms + part.start_ms, chat, ActKind.START))
            if part.second:
                self._plan(_Planned(now_ms + part.second_ms, chat, part.second))

    async def run(self) -> None:
        """Round after round, until cancelled."""
        rounds = 0
        while True:
            await self._act()
            await self._look()
            if rounds % _ACKNOWLEDGEMENTS_EVERY == 0:
                await self._hear()
            rounds += 1
            await asyncio.sleep(_TICK_S)

    @property
    def started(self) -> bool:
        return bool(self.done)

    @property
    def only_answers_left(self) -> bool:
        """Nobody starts, writes or pays of their own accord any more, and the engine has taken in what was done."""
        return all(planned.reply for planned in self._agenda) and self.unacknowledged == len(self._agenda)

    @property
    def answered(self) -> int:
        return sum(one.reply is not None for acts in self.done.values() for one in acts)

    @property
    def unacknowledged(self) -> int:
        """How many acts are planned, or done and not yet taken in by the engine."""
        acts = sum(map(len, self.done.values()))
        return len(self._agenda) + acts - len(self.acknowledged)

    def taken_in_ms(self, since_ms: int) -> list[int]:
        """How long each touch since then waited for its acknowledgement; those still waiting are left out."""
        acts = [(bot, act) for (bot, _), acts in self.done.items() for act in acts if act.at_ms >= since_ms]
        return [
            self.acknowledged[bot, act.update_id] - act.at_ms
            for bot, act in acts
            if (bot, act.update_id) in self.acknowledged
        ]

    def silences(self) -> dict[Chat, list[Silence]]:
        return {chat: list(self._silences(chat[0], self.done[chat])) for chat in self._parts}

    def _silences(self, bot_id: int, acts: list[Done]) -> Iterator[Silence]:
        paid = opted_out = False
        for act, following in zip(acts, [*acts[1:], None], strict=True):
            paid, opted_out = paid or act.kind is ActKind.PAY, opted_out or act.kind is ActKind.OPT_OUT
            must = 0 if paid or opted_out else _must(following)
            yield Silence(act.at_ms, self.acknowledged.get((bot_id, act.update_id)), must, paid, opted_out)

    def _plan(self, planned: _Planned) -> None:
        heapq.heappush(self._agenda, planned)

    async def _act(self) -> None:
        due: list[_Planned] = []
        while self._agenda and self._agenda[0].at_ms <= _now_ms():
            due.append(heapq.heappop(self._agenda))
        results = await self._client.act([_act_of(planned) for planned in due]) if due else []
        for planned, result in zip(due, results, strict=True):
            if result.update_id is None:
                raise RuntimeError(f"The sandbox did not let a person {planned.kind}: {result.error}")
            self.done[planned.chat].append(Done(result.at_ms, result.update_id, planned.kind, planned.reply))

    async def _look(self) -> None:
        record = await self._client.record(self._cursor)
        self._cursor, self.open = record.cursor, [row for row in record.open if row.method == "sendMessage"]
        for row in (*record.rows, *self.open):
            if row.method == "sendMessage" and row.text is not None:
                self.sends.add(row.seq)
                self._see(row)

    def _see(self, row: Row) -> None:
        """Plans the reply that waits for this message, if there is one."""
        chat = (row.bot_id, row.chat_id or 0)
        reply = self._replies.get(chat)
        if reply is None or place_of(row) != reply.after:
            return
        since_ms = row.arrived_ms if reply.during else row.completed_ms
        if since_ms is not None:
            del self._replies[chat]
            self._plan(_Planned(since_ms + reply.wait_ms, chat, reply.kind, reply))

    async def _hear(self) -> None:
        heard = await self._client.acknowledgements(self._heard)
        self._heard = heard.cursor
        ours = [one for one in heard.acknowledged if one.bot_id in self._bots]
        self.acknowledged |= {(one.bot_id, one.update_id): one.at_ms for one in ours}


def _must(following: Done | None) -> int:
    """How many messages a silence owes, given the act that ended it."""
    if following is None:
        return len(SEQUENCE)
    return following.reply.must if following.reply else 0


def _slow(chat: Chat) -> Fault:
    return Fault(FaultKind.SLOW, bot=chat[0], chat_id=chat[1], method="sendMessage", latency_ms=LONGEST_LATENCY_MS)


def _act_of(planned: _Planned) -> Act:
    bot, person = planned.chat
    if planned.kind is ActKind.PAY:
        return Act("pay", bot, person, payload="order")
    if planned.kind is ActKind.START:
        return Act("start", bot, person)
    return Act("write", bot, person, text="/stop" if planned.kind is ActKind.OPT_OUT else "Olá!")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
