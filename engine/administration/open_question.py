"""What the manager showed an admin last: a screen, or a question that their next message answers."""

from typing import Final

import msgspec

from storage.redis import ephemeral, keys
from storage.redis.client import Redis

PATIENCE_MS: Final = 15 * 60_000
"""A question waits this long for its answer."""
_KEPT_S: Final = 48 * 3600
"""Telegram lets a bot delete its message for this long; a new one is shown in its place."""


class Prompt(msgspec.Struct, frozen=True, array_like=True):
    """A screen or question, by the code of its route, with the place and the revision that the admin saw.

    `message` is the one that shows it, since `at_ms`.
    """

    route: int
    bot: int
    step: int
    block: int
    choice: int
    revision: int
    message: int = 0
    at_ms: int = 0

    def is_at(self, route: int, place: tuple[int, int, int, int]) -> bool:
        return (self.route, self.bot, self.step, self.block, self.choice) == (route, *place)

    def waits(self, now_ms: int) -> bool:
        """Whether it is recent enough for a message to answer it."""
        return now_ms - self.at_ms < PATIENCE_MS


async def put(redis: Redis, admin_id: int, prompt: Prompt) -> None:
    """Replace what was shown before. Raises UnreachableError."""
    await ephemeral.put(redis, keys.of_prompt(admin_id), msgspec.json.encode(prompt).decode(), _KEPT_S)


async def last(redis: Redis, admin_id: int) -> Prompt | None:
    """What was shown last; None if that is too long ago. Raises UnreachableError."""
    document = await ephemeral.find(redis, keys.of_prompt(admin_id))
    return msgspec.json.decode(document, type=Prompt) if document else None
