"""Redis as a cluster: each command goes to the primary that has its key's slot, and many go to all of them at once.

The library keeps the map of the slots; the wire is our own. A command that met the wrong node follows the cluster's
word: for good (MOVED), or for this once while its slot is being moved (ASK). It is sent again for a moment while the
cluster cannot serve it; what a node that has gone was asked is not, as nobody knows whether it was done.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, NodesManager
from redis.asyncio.connection import Connection, SSLConnection
from redis.cluster import PRIMARY, get_node_name
from redis.crc import key_slot
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MovedError,
    RedisClusterException,
    RedisError,
    TryAgainError,
)

from engine.core.errors import UnreachableError
from storage.redis.address import Address
from storage.redis.keys import SHARDS, of_bot
from storage.redis.refusals import is_astray
from storage.redis.round_trip import NOTHING_FIRST, Command, round_trip

Answer = TypeVar("Answer")
OpenNode = Callable[[str, int], Redis]

_NODE_S: Final = 3
"""Of what one node is asked for. With a step of a question about the map it is less than a call has, so that a node
which says nothing does not fail the others.
"""
_MAP_S: Final = 1.0
"""Of each step of a question about the map. Another node is asked then; one that failed a moment ago is the last."""
_PAUSES_S: Final = (0.0, 0.0, 0.05, 0.1, 0.2, 0.4)
"""Before each attempt. MOVED is followed at once."""


class Cluster(Redis):
    """All keys of one command, or of one transaction, are in one slot."""

    def __init__(self, address: Address, options: dict[str, Any], open_node: OpenNode) -> None:
        self._open_node = open_node
        self._nodes: dict[str, Redis] = {}
        self._map = _map_of(address, options)
        self._seeds = dict(self._map.startup_nodes)
        self._is_outdated = True
        self._failed: str | None = None
        super().__init__(connection_pool=self._node(*address.hosts[0]).connection_pool)

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """The library's commands come here."""
        name, *rest = args
        (answer,) = await self.exchange([(*name.split(), *rest)])
        if isinstance(answer, Exception):
            raise answer
        options.pop("keys", None)  # it is for the library's own cache
        reshape = self.response_callbacks.get(name)
        return reshape(answer, **options) if reshape else answer

    async def exchange(self, commands: Sequence[Command], first: Sequence[Command] = NOTHING_FIRST) -> list[Any]:
        """The answer to each command; a refusal, or the failure of its node, is an answer too."""
        answers: list[Any] = [None] * len(commands)
        places: Sequence[int] = range(len(commands))
        refused: list[Exception] = []
        for pause_s in _PAUSES_S:
            await self._learn(refused, pause_s)
            await self._send(commands, places, first, answers)
            places = [place for place in places if _is_for_another_time(answers[place])]
            refused = [answers[place] for place in places]
            if not refused:
                break
        for place in places:
            answers[place] = _told(answers[place])
        return answers

    async def exchange_block(self, key: str, block: Sequence[Command]) -> list[Any]:
        """The same for a transaction, which is sent again as a whole."""
        answers: list[Any] = []
        refused: list[Exception] = []
        for pause_s in _PAUSES_S:
            await self._learn(refused, pause_s)
            answers = await self._sent(self.holder(key), block)
            refused = list(filter(_is_for_another_time, answers))
            if not refused:
                break
        return list(map(_told, answers))

    async def holders(self, keys: Sequence[str]) -> list[Redis | None]:
        """By key the client of the primary that has its slot; None while none has."""
        await self._learn([], 0)
        return list(map(self.holder, keys))

    async def each(self, ask: Callable[[Redis], Awaitable[Answer]]) -> list[Answer]:
        """What the primaries answer, without those that do not: who took over from one of them is asked at once. Raises
        what the first one met if none answers.
        """
        answers: dict[Redis, Answer | Exception] = {}
        await self._ask_primaries(ask, answers)
        if self._is_outdated:
            await self._ask_primaries(ask, answers)
        failed = [answer for answer in answers.values() if isinstance(answer, Exception)]
        if failed and len(failed) == len(answers):
            raise failed[0]
        return [answer for answer in answers.values() if not isinstance(answer, Exception)]

    async def _ask_primaries(
        self, ask: Callable[[Redis], Awaitable[Answer]], answers: dict[Redis, Answer | Exception]
    ) -> None:
        """Those that were not asked before."""
        await self._learn([], 0)
        primaries = self._map.get_nodes_by_server_type(PRIMARY)
        nodes = [self._node(node.host, int(node.port)) for node in primaries]
        asked = [node for node in nodes if node not in answers]
        answers.update(zip(asked, await asyncio.gather(*(self._asked(ask, node) for node in asked)), strict=True))

    async def _asked(self, ask: Callable[[Redis], Awaitable[Answer]], server: Redis) -> Answer | Exception:
        try:
            async with asyncio.timeout(_NODE_S):
                return await ask(server)
        except (UnreachableError, RedisError, OSError) as error:
            self._note_failed(server)
            return error

    def _note_failed(self, server: Redis) -> None:
        at = server.connection_pool.connection_kwargs
        self._failed = get_node_name(at["host"], at["port"])
        self._is_outdated = True

    async def _send(
        self, commands: Sequence[Command], places: Sequence[int], first: Sequence[Command], answers: list[Any]
    ) -> None:
        """Put the answers to these of the commands in their places."""
        shares: defaultdict[Redis | None, list[int]] = defaultdict(list)
        for place in places:
            shares[self.holder(_key_of(commands[place]))].append(place)
        sent = (self._followed(node, [commands[place] for place in share], first) for node, share in shares.items())
        for share, found in zip(shares.values(), await asyncio.gather(*sent), strict=True):
            for place, answer in zip(share, found, strict=True):
                answers[place] = answer

    async def _followed(self, node: Redis | None, commands: Sequence[Command], first: Sequence[Command]) -> list[Any]:
        """The answers of the node, or of the one to which it sends us for this once."""
        answers = await self._sent(node, commands, first)
        for place, answer in enumerate(answers):
            if isinstance(answer, AskError) and not isinstance(answer, MovedError):
                there = self._node(answer.host, answer.port)
                _, answers[place] = await self._sent(there, [("ASKING",), commands[place]], first)
        return answers

    async def _sent(
        self, node: Redis | None, commands: Sequence[Command], first: Sequence[Command] = NOTHING_FIRST
    ) -> list[Any]:
        if node is None:
            return [ClusterDownError("Hash slot not served")] * len(commands)
        try:
            async with asyncio.timeout(_NODE_S):
                return await round_trip(node.connection_pool, commands, first)
        except (RedisError, OSError) as error:
            self._note_failed(node)
            return [error] * len(commands)

    async def _learn(self, refused: Sequence[Exception], pause_s: float) -> None:
        """Bring the map up to date with what the nodes said."""
        for refusal in refused:
            if isinstance(refusal, MovedError) and refusal.host and refusal.slot_id in self._map.slots_cache:
                await self._map.move_slot(refusal)
            else:
                self._is_outdated = True
        if self._is_outdated:
            await asyncio.sleep(pause_s)
            await self._read_map()

    async def _read_map(self) -> None:
        try:
            await self._map.initialize(last_failed_node_name=self._failed)
        except (RedisClusterException, IndexError) as error:
            self._map.startup_nodes.update(self._seeds)  # all nodes that it knew may have moved
            raise _reason(error) from error
        self._is_outdated = False

    def holder(self, key: str) -> Redis | None:
        """As far as we know."""
        nodes = self._map.slots_cache.get(key_slot(key.encode()))
        return self._node(nodes[0].host, int(nodes[0].port)) if nodes else None

    def _node(self, host: str, port: int) -> Redis:
        name = get_node_name(host, port)
        if name not in self._nodes:
            self._nodes[name] = self._open_node(host, port)
        return self._nodes[name]

    async def aclose(self, close_connection_pool: bool | None = None) -> None:  # noqa: FBT001 - as the library has it
        nodes = (node.aclose(close_connection_pool) for node in self._nodes.values())
        await asyncio.gather(*nodes, self._map.aclose(), self._map.aclose("startup_nodes"))


async def each_server(client: Redis, ask: Callable[[Redis], Awaitable[Answer]]) -> list[Answer]:
    """What every server behind the client answers: one, or those primaries of a cluster that answer at all."""
    return await client.each(ask) if isinstance(client, Cluster) else [await ask(client)]


async def holders(client: Redis, keys: Sequence[str]) -> Sequence[Redis | None]:
    """By key the client of the server that holds it; None while no node of the cluster does."""
    return await client.holders(keys) if isinstance(client, Cluster) else [client] * len(keys)


async def holder_of_bot(client: Redis, bot_id: int) -> Redis:
    """The client of the server that holds the bot. Raises RedisError while no node of the cluster does."""
    (server,) = await holders(client, [of_bot(bot_id).bot])
    if server is None:
        raise ClusterDownError("Hash slot not served")
    return server


def _map_of(address: Address, options: dict[str, Any]) -> NodesManager:
    """It has connections of its own, one or two to a node."""
    own = {
        **options,
        "connection_class": SSLConnection if address.tls else Connection,
        "socket_timeout": _MAP_S,
        "socket_connect_timeout": _MAP_S,
    }
    seeds = [ClusterNode(host, port, **own) for host, port in address.hosts]
    return NodesManager(seeds, require_full_coverage=False, connection_kwargs=own)


def _told(answer: Any) -> Any:
    """A slot that is still not where the nodes say that it is, is being moved."""
    return TryAgainError("Slot is being moved") if isinstance(answer, AskError) else answer


def _is_for_another_time(answer: object) -> bool:
    return is_astray(answer) or isinstance(answer, TryAgainError)


def _key_of(command: Command) -> str:
    """Where the engine's commands have their key. What has none is asked of the server that has the shards."""
    if command[0] == "EVALSHA":
        return str(command[3])
    return SHARDS if len(command) == 1 or command[0] == "INFO" else str(command[1])


def _reason(error: Exception) -> Exception:
    """What the node met that was asked last; the library speaks of the cluster alone, or of no node in its list."""
    if isinstance(error, IndexError):
        return ClusterDownError("Hash slot not served")
    cause = error.__cause__
    told = cause.__context__ if isinstance(cause, RedisClusterException) else cause
    return told if isinstance(told, RedisError) else RedisError(str(error))
