"""What admins may do with deliveries whose answer was lost.

Such a delivery is `unknown` and is never repeated by itself. An admin who has looked at the chat may say what became of
it: `sent` or `failed`, one delivery at a time, audited.
"""

from typing import Final, Literal, TypeAlias

from engine.administration import lookup
from engine.core.change import Change
from engine.core.delivery.gate import Reason
from engine.core.errors import NotFoundError
from storage.postgres import audit, campaigns, unanswered
from storage.postgres.pool import Pool, transaction
from storage.postgres.unanswered import Unanswered, UnansweredPlace

Word: TypeAlias = Literal["sent", "failed"]

MOST_LISTED: Final = 1_000
_NO_ZONE: Final = "UTC"
_REASONS: Final[dict[Word, Reason | None]] = {"sent": None, "failed": Reason.INTERNAL_ERROR}


async def list_unknown(pool: Pool, bot: str) -> list[Unanswered]:
    """The latest of a bot. Raises NotFoundError, UnreachableError."""
    async with transaction(pool) as connection:
        return await unanswered.list_unknown(connection, await lookup.look_at_bot(connection, bot), MOST_LISTED)


async def zone(pool: Pool, bot: str) -> str:
    """The zone of a bot's campaign, UTC while it has none. Raises NotFoundError, UnreachableError."""
    async with transaction(pool) as connection:
        return await campaigns.load_zone(connection, await lookup.look_at_bot(connection, bot)) or _NO_ZONE


async def settle(pool: Pool, bot: str, place: UnansweredPlace, word: Word, change: Change) -> None:
    """Take an admin's word for what became of a delivery. Raises NotFoundError, UnreachableError."""
    async with transaction(pool) as connection:
        bot_id = await lookup.bot(connection, bot)
        if not await unanswered.settle(connection, bot_id, place, word, _REASONS[word]):
            raise NotFoundError(
                "There is no such unknown delivery: `python -m engine deliveries unknown --bot @{bot}` lists those"
                " there are.",
                bot=lookup.plain(bot),
            )
        states = (audit.state(**place._asdict(), status=status) for status in ("unknown", word))
        await audit.record(connection, change, bot_id, "delivery.settle", *states)
