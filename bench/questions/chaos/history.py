"""The whole history of a chat, for everybody who wants to know why a promise was broken there.

What the person did, what the sandbox saw, what the engine's processes logged and which strikes came, in the order of
time; and what PostgreSQL holds of it at the end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from bench.questions.chaos.ground import Struck
from bench.questions.exactly_once.judge import Chat
from bench.questions.exactly_once.play import Done
from bench.sandbox.protocol import Row
from storage.postgres.pool import Pool

_EPISODES: Final = "SELECT * FROM recovery_episodes WHERE bot_id = $1 AND chat_id = $2 ORDER BY episode_id"
_DELIVERIES: Final = """
SELECT * FROM recovery_deliveries WHERE bot_id = $1 AND chat_id = $2 ORDER BY episode_id, ordinal
"""
_KNOWN: Final = frozenset({"bot_id", "chat_id", "bot", "chat", "timestamp", "level"})
"""Fields that say nothing more about a chat that is known."""


class Event(NamedTuple):
    at_ms: int
    source: str
    what: str


class Sources(NamedTuple):
    """`logs`: the directory with the logs of all processes. `usernames`: of the bots, as the logs name them."""

    acts: Mapping[Chat, Sequence[Done]]
    acknowledged: Mapping[tuple[int, int], int]
    rows: Sequence[Row]
    struck: Sequence[Struck]
    logs: Path
    usernames: Mapping[int, str]


async def history_of(chat: Chat, sources: Sources, pool: Pool) -> list[str]:
    """One line for each event; times count from the person's first act."""
    events = [
        *_acts(chat, sources),
        *_requests(chat, sources.rows),
        *_logged(chat, sources),
    ]
    began_ms, ended_ms = min(event.at_ms for event in events), max(event.at_ms for event in events)
    events += [event for event in _strikes(sources.struck) if began_ms <= event.at_ms <= ended_ms]
    lines = [f"{(event.at_ms - began_ms) / 1000:+9.3f} s  {event.source:<14}{event.what}" for event in sorted(events)]
    return [*lines, *(await _held(chat, pool))]


def _acts(chat: Chat, sources: Sources) -> Iterator[Event]:
    for act in sources.acts[chat]:
        acknowledged_ms = sources.acknowledged.get((chat[0], act.update_id))
        taken_in = f"after {acknowledged_ms - act.at_ms} ms" if acknowledged_ms else "never"
        yield Event(act.at_ms, "person", f"{act.kind}, update {act.update_id}, taken in {taken_in}")


def _requests(chat: Chat, rows: Iterable[Row]) -> Iterator[Event]:
    for row in rows:
        if (row.bot_id, row.chat_id) == chat:
            yield Event(row.arrived_ms, "sandbox", _listed(msgspec.to_builtins(row)))


def _logged(chat: Chat, sources: Sources) -> Iterator[Event]:
    bot, person = sources.usernames[chat[0]], f'"chat": {chat[1]}'
    for log in sorted(sources.logs.glob("*.log")):
        for line in log.read_text("utf-8", "replace").splitlines():
            if person in line and (event := _event(line, log.stem, bot)):
                yield event


def _event(line: str, source: str, bot: str) -> Event | None:
    """None for a line that is cut, or about another bot's chat with the same person."""
    try:
        fields = msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError:
        return None
    if fields.get("bot") != bot:
        return None
    at_ms = round(datetime.fromisoformat(fields["timestamp"]).timestamp() * 1000)
    return Event(at_ms, source, _listed(fields))


def _strikes(struck: Iterable[Struck]) -> Iterator[Event]:
    for one in struck:
        yield Event(one.began_ms, "strike", f"{one.strike.kind} begins: {one.blow.whom}")
        if one.ended_ms > one.began_ms:
            yield Event(one.ended_ms, "strike", f"{one.strike.kind} ends")


async def _held(chat: Chat, pool: Pool) -> list[str]:
    episodes = [f"episode   {_listed(dict(row))}" for row in await pool.fetch(_EPISODES, *chat)]
    return [*episodes, *(f"delivery  {_listed(dict(row))}" for row in await pool.fetch(_DELIVERIES, *chat))]


def _listed(fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in fields.items() if value is not None and name not in _KNOWN)
