"""What the manager waits for from an admin: a message, for a question that was asked before."""

from typing import Final

import msgspec

from storage import keys, notes
from storage.redis import Redis

_PATIENCE_S: Final = 15 * 60


class Prompt(msgspec.Struct, frozen=True, array_like=True):
    """Which question was asked, by its deed's code, and where: the place and the revision that the admin saw.

    `message` is the one in which it was asked.
    """

    deed: int
    bot: int
    step: int
    block: int
    choice: int
    revision: int
    message: int = 0


async def ask(redis: Redis, admin_id: int, prompt: Prompt) -> None:
    """The next message of the admin answers it, for a quarter of an hour. Raises UnreachableError."""
    await notes.put(redis, keys.of_prompt(admin_id), msgspec.json.encode(prompt).decode(), _PATIENCE_S)


async def asked(redis: Redis, admin_id: int) -> Prompt | None:
    """What the admin's next message answers. Raises UnreachableError."""
    document = await notes.find(redis, keys.of_prompt(admin_id))
    return msgspec.json.decode(document, type=Prompt) if document else None


async def drop(redis: Redis, admin_id: int) -> None:
    """Nothing is waited for any more. Raises UnreachableError."""
    await notes.take(redis, keys.of_prompt(admin_id))
