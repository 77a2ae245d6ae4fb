"""What the manager waits for from an admin: a text, for a button that was pressed before."""

import msgspec

from storage import prompts
from storage.redis import Redis


class Prompt(msgspec.Struct, frozen=True, array_like=True):
    """Which button asked, by its deed's code, and where: the place and the revision that its presser saw."""

    deed: int
    bot: int
    step: int
    block: int
    choice: int
    revision: int


async def ask(redis: Redis, admin_id: int, prompt: Prompt) -> None:
    """The next text of the admin answers it, for a quarter of an hour. Raises UnreachableError."""
    await prompts.wait(redis, admin_id, msgspec.json.encode(prompt).decode())


async def asked(redis: Redis, admin_id: int) -> Prompt | None:
    """What the admin's next text answers. Raises UnreachableError."""
    document = await prompts.waiting(redis, admin_id)
    return msgspec.json.decode(document, type=Prompt) if document else None


async def drop(redis: Redis, admin_id: int) -> None:
    """No text is waited for any more. Raises UnreachableError."""
    await prompts.forget(redis, admin_id)
