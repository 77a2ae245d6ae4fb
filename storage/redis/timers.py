"""The timers of chats in Redis: the only caller of the scripts that move them.

Names instead of positions, results as values, at most `BATCH` chats in a call. Only tests may pass a clock: in
production the Redis server's clock decides.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Final

from engine.core.errors import UnreachableError
from storage.redis import keys
from storage.redis.chat_states import (
    Silence,
    State,
    list_armed,
    read_states,
    read_states_of_each,
    scan_states,
    silence_of,
)
from storage.redis.client import Redis
from storage.redis.ownership import OwnCode
from storage.redis.scripts import Call, Script
from storage.redis.server_clock import script_clock
from storage.redis.timer_values import (
    Claim,
    ClaimCode,
    Claimed,
    Confirmed,
    Fence,
    Held,
    Holding,
    Interrupted,
    LastLook,
    Lease,
    Lost,
    Mended,
    Moved,
    MoveTo,
    NextTimer,
    Restored,
    Sign,
    Ticket,
    Touched,
)

BATCH: Final = 512
FEED_SLACK_MS: Final = 4_000
FEED_STALE_MS: Final = 8_000
"""A feed that was not confirmed for so long is not known to be healthy: while something is due, a poll is confirmed
after three seconds, and a webhook after two looks. People who were due before are sent nothing either, since some of
them may have written meanwhile.
"""

_SCRIPTS: Final = (
    "touch_chats",
    "confirm_feed",
    "claim_due",
    "pass_fence",
    "extend_leases",
    "settle_timers",
    "end_timers",
    "restore_timers",
    "move_timers",
    "mend_timers",
)


class Timers:
    """All methods raise UnreachableError."""

    def __init__(self, client: Redis, now_us: Callable[[], int] = script_clock) -> None:
        self._client = client
        self._now_us = now_us
        self._scripts = {name: Script(name) for name in _SCRIPTS}

    async def touch(self, bot_id: int, signs: Sequence[Sign], threshold_ms: int | None) -> Touched:
        """Arm each chat for its last seen plus the threshold; with None, disarm it."""
        k = keys.of_bot(bot_id)
        threshold = -1 if threshold_ms is None else threshold_ms
        reply = await self._call("touch_chats", k, self._now_us(), threshold, *_flat(signs))
        return Touched(int(reply[0]), reply[1], int(reply[2]), _interrupted(reply[3:]))

    async def confirm(self, bot_id: int, holding: Holding, upto_ms: int = 0, least_ms: int = 0) -> Confirmed:
        """The holder of the bot's feed confirms that every update up to then (0 is now) is surely taken in.

        It sees how the bot's timers stand. Nothing is confirmed if it is earlier than `least_ms` now: the clock by
        which the holder counts was put back.
        """
        k = keys.of_bot(bot_id)
        code, now_ms, nearest_due_ms = await self._scripts["confirm_feed"](
            self._client, (k.bot, k.poll, k.timers), self._now_us(), *holding, upto_ms, least_ms
        )
        return Confirmed(OwnCode(int(code)), int(now_ms), int(nearest_due_ms))

    async def claim(self, bot_id: int, limit: int, lease_ms: int, epoch: int, fresh: int = 0) -> Claimed:
        """Claim what is due of one bot."""
        call = self._claim_call(Claim(bot_id, limit, lease_ms, epoch, fresh))
        return _claimed(await self._ask("claim_due", call))

    async def claim_each(self, claims: Sequence[Claim]) -> list[Claimed | UnreachableError]:
        """Claim what is due of several bots, in one round trip. What fails for one bot fails for no other."""
        replies = await self._scripts["claim_due"].each(self._client, [self._claim_call(claim) for claim in claims])
        return [reply if isinstance(reply, UnreachableError) else _claimed(reply) for reply in replies]

    def _claim_call(self, claim: Claim) -> Call:
        k, limit = keys.of_bot(claim.bot_id), min(claim.limit, BATCH)
        asked = (self._now_us(), limit, claim.lease_ms, claim.epoch, FEED_SLACK_MS, claim.fresh, FEED_STALE_MS)
        return (k.timers, k.state, k.bot), asked

    async def pass_(self, bot_id: int, looks: Sequence[LastLook]) -> list[Fence]:
        """The last look before each send; those that are CURRENT are marked as on the wire.

        None is CURRENT where the bot's timers are lost, or were rebuilt since it was claimed.
        """
        return _fences(await self._ask("pass_fence", _pass_call(bot_id, looks)))

    async def pass_each(self, asked: Sequence[tuple[int, Sequence[LastLook]]]) -> list[list[Fence] | UnreachableError]:
        """The same for several bots, in one round trip."""
        return await self._fences_of_each("pass_fence", [_pass_call(*one) for one in asked])

    async def extend(self, bot_id: int, tickets: Sequence[Ticket], lease_ms: int) -> list[Fence]:
        return _fences(await self._ask("extend_leases", self._extend_call(Lease(bot_id, tickets, lease_ms))))

    async def extend_each(self, leases: Sequence[Lease]) -> list[list[Fence] | UnreachableError]:
        """The same for several bots, in one round trip."""
        return await self._fences_of_each("extend_leases", [self._extend_call(lease) for lease in leases])

    def _extend_call(self, lease: Lease) -> Call:
        k = keys.of_bot(lease.bot_id)
        return (k.timers, k.state), (self._now_us(), lease.lease_ms, *_flat(lease.tickets))

    async def settle(self, bot_id: int, plans: Sequence[NextTimer]) -> list[Fence]:
        return _fences(await self._ask("settle_timers", _settle_call(bot_id, plans)))

    async def settle_each(
        self, asked: Sequence[tuple[int, Sequence[NextTimer]]]
    ) -> list[list[Fence] | UnreachableError]:
        return await self._fences_of_each("settle_timers", [_settle_call(*one) for one in asked])

    async def _fences_of_each(self, script: str, calls: Sequence[Call]) -> list[list[Fence] | UnreachableError]:
        replies = await self._scripts[script].each(self._client, calls)
        return [reply if isinstance(reply, UnreachableError) else _fences(reply) for reply in replies]

    async def end(self, bot_id: int, chat_ids: Sequence[int]) -> tuple[Interrupted, ...]:
        k = keys.of_bot(bot_id)
        return _interrupted(await self._scripts["end_timers"](self._client, (k.timers, k.state), *chat_ids))

    async def versions(self, bot_id: int, chat_ids: Sequence[int]) -> list[int | None]:
        """The current version of each chat, None for one that has no timer."""
        return _versions(await read_states(self._client, bot_id, chat_ids))

    async def versions_of_each(
        self, asked: Sequence[tuple[int, Sequence[int]]]
    ) -> list[list[int | None] | UnreachableError]:
        """The same for several bots, in one round trip. What fails for one bot fails for no other."""
        found = await read_states_of_each(self._client, asked)
        return [states if isinstance(states, UnreachableError) else _versions(states) for states in found]

    async def restore(self, bot_id: int, chats: Sequence[Lost]) -> list[Restored]:
        k = keys.of_bot(bot_id)
        flat = [part for chat in chats for part in (*chat[:3], int(chat.on_wire), chat.opaque)]
        newest = max((chat.version for chat in chats), default=0)
        reply = await self._scripts["restore_timers"](self._client, (k.timers, k.state), self._now_us(), newest, *flat)
        return [Restored(int(code)) for code in reply]

    async def move(self, bot_id: int, wanted: Sequence[MoveTo]) -> list[Moved]:
        """Move dues; chats that are held at the moment, or have gone on, are left alone."""
        if not wanted:
            return []
        k = keys.of_bot(bot_id)
        flat = [part for one in wanted for part in one]
        reply = await self._scripts["move_timers"](self._client, (k.timers, k.state), self._now_us(), *flat)
        return [Moved(int(code)) for code in reply]

    async def mend_states(self, bot_id: int, position: int) -> tuple[int, int]:
        """Arm those of some states that have lost their timers; returns where to go on, and how many there were.

        Position 0 is the beginning, and the end.
        """
        position, states = await scan_states(self._client, bot_id, position, BATCH)
        return position, await self._mend(bot_id, list(states))

    async def mend_members(self, bot_id: int, position: int) -> tuple[int, int]:
        """The same for timers without a state: they are taken out. What moves meanwhile may be left to another walk."""
        chats = await list_armed(self._client, bot_id, position, BATCH)
        return position + BATCH if len(chats) == BATCH else 0, await self._mend(bot_id, chats)

    async def _mend(self, bot_id: int, chat_ids: Sequence[int]) -> int:
        """Not more than a script may touch at once, however many a scan has brought."""
        k, mended = keys.of_bot(bot_id), 0
        for start in range(0, len(chat_ids), BATCH):
            codes = await self._ask("mend_timers", ((k.timers, k.state), tuple(chat_ids[start : start + BATCH])))
            mended += sum(Mended(int(code)) is not Mended.WHOLE for code in codes)
        return mended

    async def silences(self, bot_id: int, position: int) -> tuple[int, list[Silence]]:
        """Some of the silences that are armed, and where to go on; position 0 is the beginning, and the end."""
        position, states = await scan_states(self._client, bot_id, position, BATCH)
        return position, [found for chat, state in states.items() if (found := silence_of(chat, state))]

    async def _ask(self, name: str, call: Call) -> list[Any]:
        return await self._scripts[name](self._client, call[0], *call[1])

    async def _call(self, name: str, k: keys.BotKeys, *args: str | int) -> list[Any]:
        return await self._scripts[name](self._client, (k.timers, k.state, k.bot), *args)


def _pass_call(bot_id: int, looks: Sequence[LastLook]) -> Call:
    k = keys.of_bot(bot_id)
    return (k.state, k.bot), tuple(chain.from_iterable(looks))


def _settle_call(bot_id: int, plans: Sequence[NextTimer]) -> Call:
    k = keys.of_bot(bot_id)
    return (k.timers, k.state), tuple(part for plan in plans for part in (*plan[:3], int(plan.urgent), plan.opaque))


def _versions(states: Sequence[State | None]) -> list[int | None]:
    return [state.version if state else None for state in states]


def _claimed(reply: list[Any]) -> Claimed:
    return Claimed(ClaimCode(int(reply[0])), int(reply[1]), int(reply[2]), _held(reply[4:], reply[3]))


def _flat(rows: Sequence[tuple[int, ...]]) -> list[int]:
    return list(chain.from_iterable(rows))


def _fences(reply: list[Any]) -> list[Fence]:
    return [Fence(int(code)) for code in reply]


def _interrupted(parts: list[Any]) -> tuple[Interrupted, ...]:
    rows = zip(parts[0::3], parts[1::3], parts[2::3], strict=True)
    return tuple(Interrupted(int(chat), mark == 1, opaque) for chat, mark, opaque in rows)


def _held(parts: list[Any], generation: str) -> tuple[Held, ...]:
    rows = zip(*(parts[column::6] for column in range(6)), strict=True)
    return tuple(
        Held(int(chat), version, seen, due, mark == 1, opaque, generation)
        for chat, version, seen, due, mark, opaque in rows
    )
