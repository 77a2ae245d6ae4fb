"""Report: what came of a send, and the next block's row or the end of the episode, in one statement."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from engine.core.delivery.cursor import Cursor
from storage.postgres.columns import array_literal, to_columns
from storage.postgres.pool import Pool, call
from storage.postgres.statements import call_function


class Aftermath(NamedTuple):
    """What becomes of a message once it is sent: how long it stays, and what happens when the person returns or pays.

    The rules have the names of `engine.core.content.model`: unbutton, replace, delete; None keeps it.
    """

    delete_after_ms: int | None = None
    on_return: str | None = None
    on_payment: str | None = None


class Report(NamedTuple):
    """What came of a delivery, and what follows: the next delivery, or the end of the episode.

    `status` None leaves the delivery as it is; `fact` says that it happened, whoever holds the row. `spent` False gives
    the attempt back. A row that goes back to scheduled is pinned to the campaign version of the cursor.
    """

    bot_id: int
    chat_id: int
    cursor: Cursor
    version: int
    status: str | None = None
    fact: bool = False
    reason: str | None = None
    message_ids: tuple[int, ...] = ()
    aftermath: Aftermath = Aftermath()
    due_ms: int | None = None
    spent: bool = True
    next: Cursor | None = None
    next_due_ms: int | None = None
    end: str | None = None
    deferred: bool = False
    next_anchor_ms: int | None = None
    replan: int = 0


class Reported(NamedTuple):
    """The row as it is now (None: it was not ours to change), and how its episode ended, if it has.

    `crossed`: the message was sent after the person's own act had ended the episode.
    """

    status: str | None
    reason: str | None
    ended: str | None
    crossed: bool


class _Wanted(NamedTuple):
    bot_id: int
    chat_id: int
    episode_id: int
    step_key: str
    block_key: str
    version: int
    status: str | None
    fact: bool
    reason: str | None
    message_ids: str | None
    delete_after: int | None
    on_return: str | None
    on_payment: str | None
    due_at: int | None
    spent: bool
    next_step: str | None
    next_block: str | None
    next_ordinal: int | None
    next_due: int | None
    pinned: int
    ending: str | None
    deferred: bool
    next_anchor: int | None
    replan: int


REPORT: Final = call_function("deliveries/report_outcomes", len(_Wanted._fields) + 1)


async def report_outcomes(pool: Pool, reports: Sequence[Report], now_ms: int) -> list[Reported]:
    """Record what came of deliveries, and plan what follows while their episodes are open."""
    given = to_columns(map(to_row, reports))
    rows = await call(pool, REPORT, *given, now_ms)
    by_chat = {(bot_id, chat_id): Reported(*stands) for bot_id, chat_id, *stands in rows}
    return [by_chat[item.bot_id, item.chat_id] for item in reports]


def to_row(item: Report) -> _Wanted:
    following = item.next
    return _Wanted(
        bot_id=item.bot_id,
        chat_id=item.chat_id,
        episode_id=item.cursor.episode_id,
        step_key=item.cursor.step,
        block_key=item.cursor.block,
        version=item.version,
        status=item.status,
        fact=item.fact,
        reason=item.reason,
        message_ids=array_literal(item.message_ids),
        delete_after=item.aftermath.delete_after_ms,
        on_return=item.aftermath.on_return,
        on_payment=item.aftermath.on_payment,
        due_at=item.due_ms,
        spent=item.spent,
        next_step=following and following.step,
        next_block=following and following.block,
        next_ordinal=following and following.ordinal,
        next_due=item.next_due_ms,
        pinned=following.pinned if following else item.cursor.pinned,
        ending=item.end,
        deferred=item.deferred,
        next_anchor=item.next_anchor_ms,
        replan=item.replan,
    )
