"""Begin: an episode for a silence that is due."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from engine.core.campaign.frequency_caps import Limits
from engine.core.delivery.cursor import Cursor
from storage.postgres.columns import to_columns
from storage.postgres.pool import Pool, call
from storage.postgres.statements import call_function


class Beginning(NamedTuple):
    """A silence that is due, with the first delivery of its episode; with `begins` False it only asks what is there."""

    bot_id: int
    chat_id: int
    episode_id: int
    version: int
    campaign_version: int
    step: str
    block: str
    due_ms: int
    begins: bool = True
    anchor_ms: int | None = None
    replan: int = 0
    """The newest replan that the planner of this delivery knew."""
    limits: Limits = Limits()


class Begun(NamedTuple):
    """`episode_id` is the episode that is there: the same silence may have begun one before, a moment apart. `cursor`
    then says where it stands, because Redis may have forgotten.

    `last_active_ms` newer than the silence: nothing began, and the timer is armed again from it. Nothing begins either
    for people who cannot be reached, or once the campaign was stopped: the timer may be gone, and nobody would come
    back to end the episode. The same holds for people for whom a sequence began too recently or too often; an episode
    of which nothing was sent, such as a shadow's, does not count.
    """

    fresh: bool
    episode_id: int
    last_active_ms: int
    cursor: Cursor | None = None
    welcome: bool = True
    """The limits let a sequence begin."""


class _Wanted(NamedTuple):
    bot_id: int
    chat_id: int
    episode_id: int
    version: int
    campaign_version: int
    step_key: str
    block_key: str
    due_at: int
    begins: bool
    anchor_at: int | None
    replan: int
    again_after: int
    per_month: int


class _Row(NamedTuple):
    bot_id: int
    chat_id: int
    fresh: bool
    episode_id: int
    last_active: int
    welcome: bool
    ordinal: int | None
    step_key: str | None
    block_key: str | None
    campaign_version: int | None


BEGIN: Final = call_function("deliveries/begin_episodes", len(_Wanted._fields) + 1)


async def begin_episodes(pool: Pool, wanted: Sequence[Beginning], now_ms: int) -> list[Begun]:
    """Begin episodes whose silence still holds; close older ones of the same chats."""
    given = to_columns(map(to_row, wanted))
    rows = [_Row(*record) for record in await call(pool, BEGIN, *given, now_ms)]
    by_chat = {(row.bot_id, row.chat_id): row for row in rows}
    return [_begun(by_chat[item.bot_id, item.chat_id]) for item in wanted]


def to_row(item: Beginning) -> _Wanted:
    return _Wanted(*item[:11], item.limits.again_after_ms, item.limits.per_month)


def _begun(row: _Row) -> Begun:
    return Begun(row.fresh, row.episode_id, row.last_active, _cursor(row), row.welcome)


def _cursor(row: _Row) -> Cursor | None:
    if row.step_key is None:
        return None
    return Cursor(row.episode_id, row.ordinal or 0, row.step_key, row.block_key or "", row.campaign_version or 0)
