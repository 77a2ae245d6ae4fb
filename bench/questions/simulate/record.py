"""What came of the messages of a run, as the oracle notes it: from the wire, and from what the engine wrote down."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from bench.questions.simulate.oracle.life import Note
from bench.questions.simulate.wire import Message
from storage.postgres.pool import Pool

_SKIPPED: Final = """
SELECT chat_id, episode_id, step_key, block_key, reason FROM recovery_deliveries
WHERE status = 'skipped' OR (status = 'failed' AND reason <> 'unreachable') ORDER BY chat_id, episode_id, ordinal
"""
_ENDED: Final = """
SELECT chat_id, episode_id, ended_at, reason FROM recovery_episodes WHERE ended_at IS NOT NULL
ORDER BY chat_id, episode_id
"""


async def read(pool: Pool, messages: Iterable[Message]) -> Mapping[int, list[Note]]:
    """By person."""
    found: defaultdict[int, list[Note]] = defaultdict(list)
    for message in messages:
        what = "sent" if message.accepted else "refused"
        step, block, _ = message.text.split("/")
        found[message.person].append(Note(message.at_ms, what, 0, step, block, message.text))
    for row in await pool.fetch(_SKIPPED):
        chat, *place = row
        found[chat].append(Note(0, "skipped", *place))
    for chat, episode, ended_ms, reason in await pool.fetch(_ENDED):
        found[chat].append(Note(ended_ms, "ended", episode, detail=reason))
    return found
