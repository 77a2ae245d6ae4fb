"""The states of chats in Redis, read without a fence: to look, never to act on.

A state is three numbers of eight digits of base 128, and then the opaque: 24 characters are what still fits into a
small block of the server's memory beside a chat's id, and any client may read them as text. The scripts, which write
them, also read the text of earlier releases: "version seen due mark opaque".

All functions that ask Redis raise UnreachableError.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, cast

from engine.core.errors import UnreachableError
from storage.redis.client import Redis, reaching_redis
from storage.redis.exchange import exchange
from storage.redis.keys import of_bot
from storage.redis.refusals import unreachable
from storage.redis.round_trip import is_failure

_DIGITS: Final = 8
_MARK: Final = 2**49
"""Added to the due while a request is on the wire."""


class State(NamedTuple):
    version: int
    seen_ms: int
    due_ms: int
    marked: bool
    opaque: str


def unpack(state: str) -> State:
    if state[0].isdigit():
        parts = state.split(" ", 4)
        return State(int(parts[0]), int(parts[1]), int(parts[2]), parts[3] == "1", parts[4])
    version, seen_ms, due = (_number(state[start : start + _DIGITS]) for start in range(0, 3 * _DIGITS, _DIGITS))
    return State(version, seen_ms, due % _MARK, due >= _MARK, state[3 * _DIGITS :])


class Silence(NamedTuple):
    """A silence that has begun no episode yet."""

    chat_id: int
    seen_ms: int
    due_ms: int


async def read_states(client: Redis, bot_id: int, chat_ids: Sequence[int]) -> list[State | None]:
    """The state of each chat, in order; None for a chat that has none."""
    (states,) = await read_states_of_each(client, [(bot_id, chat_ids)])
    if isinstance(states, UnreachableError):
        raise states
    return states


async def read_states_of_each(
    client: Redis, asked: Sequence[tuple[int, Sequence[int]]]
) -> list[list[State | None] | UnreachableError]:
    """The same for several bots, in one round trip. What fails for one bot fails for no other."""
    async with reaching_redis():
        replies = await exchange(client, [("HMGET", of_bot(bot_id).state, *chat_ids) for bot_id, chat_ids in asked])
    return [unreachable(reply) if is_failure(reply) else list(map(_unpack_any, reply)) for reply in replies]


def _unpack_any(state: str | None) -> State | None:
    return None if state is None else unpack(state)


async def scan_states(client: Redis, bot_id: int, position: int, count: int) -> tuple[int, dict[int, State]]:
    """About `count` states of chats, and where to go on; position 0 is the beginning, and the end.

    A chat that is there all the while comes at least once.
    """
    async with reaching_redis():
        position, states = await client.hscan(of_bot(bot_id).state, position, count=count)
    return int(position), {int(chat): unpack(state) for chat, state in cast("dict[str, str]", states).items()}


async def list_armed(client: Redis, bot_id: int, first: int, count: int) -> list[int]:
    """The chats of `count` timers, from the one at place `first` in the order of their scores."""
    async with reaching_redis():
        chats = await client.zrange(of_bot(bot_id).timers, first, first + count - 1)
    return [int(chat) for chat in cast("list[str]", chats)]


def silence_of(chat_id: int, state: State) -> Silence | None:
    """None for a chat in an episode, or on the wire."""
    return None if state.marked or state.opaque else Silence(chat_id, state.seen_ms, state.due_ms)


async def forget_bot(client: Redis, bot_id: int) -> None:
    """Drop everything that Redis keeps of a bot. Safe to repeat."""
    async with reaching_redis(f"Redis did not forget bot {bot_id}", "check REDIS_URL, then do the same again"):
        await client.unlink(*of_bot(bot_id))


async def forget_each(client: Redis, bot_ids: Sequence[int]) -> list[UnreachableError]:
    """The same for several bots, in one round trip. Returns what failed for some of them."""
    async with reaching_redis():
        replies = await exchange(client, [("UNLINK", *of_bot(bot_id)) for bot_id in bot_ids])
    return [unreachable(reply) for reply in replies if is_failure(reply)]


def _number(digits: str) -> int:
    number = 0
    for digit in digits.encode("ascii"):
        number = number << 7 | digit
    return number
