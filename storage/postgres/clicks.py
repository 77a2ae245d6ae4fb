"""Taps on tracked links: one row for each delivery and button, however often it is tapped."""

from typing import Final

from engine.core.delivery.tap import TappedDelivery
from engine.core.delivery.tracked_link import Reference, TrackedButton
from storage.postgres.pool import Pool, transaction
from storage.postgres.statements import read_statement

_FIND_TAPPED: Final = read_statement("find_tapped")
_COUNT: Final = read_statement("count_click")


async def find(pool: Pool, reference: Reference, button: TrackedButton) -> TappedDelivery | None:
    """The delivery with the button; None if nobody can have received it. Raises UnreachableError."""
    async with transaction(pool) as connection:
        row = await connection.fetchrow(_FIND_TAPPED, *_delivery(reference, button))
    return TappedDelivery(*row) if row else None


async def count(pool: Pool, reference: Reference, button: TrackedButton, now_ms: int) -> None:
    """Safe to repeat. Raises UnreachableError."""
    async with transaction(pool) as connection:
        await connection.execute(_COUNT, *_delivery(reference, button), button.place, now_ms)


def _delivery(reference: Reference, button: TrackedButton) -> tuple[int, int, int, str, str]:
    return (*reference[:3], button.step, button.block)
