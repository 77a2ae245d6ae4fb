"""Begin: an episode for a silence that is due, with the claim of its first delivery where that is due as well."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from engine.core.campaign.frequency_caps import Limits
from engine.core.content.templates import Person
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.state_machine import Found
from storage.postgres.columns import to_columns
from storage.postgres.deliveries.claim import Claiming, facts_of
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
    claiming: Claiming | None = None
    """The wish to send the first delivery, if it is due at once."""


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
    found: Found | None = None
    """What the claim found, if an episode began and its first delivery was wished for."""


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
    wish: bool
    skip_paid: bool
    per_day: int
    per_week: int
    owner: bool


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
    status: str
    pinned: int
    first_name: str | None
    username: str | None
    language: str | None
    bot_status: str | None
    campaign_state: str | None
    emergency_stop: bool
    returned: bool
    reachable: bool
    opted_out: bool
    paid: bool
    doubted: bool
    admin: bool
    room_at: int | None


BEGIN: Final = call_function("deliveries/begin_episodes", len(_Wanted._fields) + 1)
_TAKEN: Final = "sending"
_NOT_CLAIMED: Final = Claiming(0, 0, Cursor(0, 0, "", "", 0), 0, 0, marked=False, wish=False, skip_paid=False)


async def begin_episodes(pool: Pool, wanted: Sequence[Beginning], now_ms: int) -> list[Begun]:
    """Begin episodes whose silence still holds, and claim what is wished for; close older ones of the same chats."""
    given = to_columns(map(to_row, wanted))
    rows = map(_Row._make, await call(pool, BEGIN, *given, now_ms))
    by_chat = {(row.bot_id, row.chat_id): row for row in rows}
    return [_begun(item, by_chat[item.bot_id, item.chat_id]) for item in wanted]


def to_row(item: Beginning) -> _Wanted:
    claiming = item.claiming or _NOT_CLAIMED
    return _Wanted(
        *item[:11],
        again_after=item.limits.again_after_ms,
        per_month=item.limits.per_month,
        wish=claiming.wish,
        skip_paid=claiming.skip_paid,
        per_day=claiming.limits.per_day,
        per_week=claiming.limits.per_week,
        owner=claiming.owner,
    )


def _begun(item: Beginning, row: _Row) -> Begun:
    found = _found(item, row) if row.fresh and item.claiming else None
    return Begun(row.fresh, row.episode_id, row.last_active, _cursor(row), row.welcome, found)


def _found(item: Beginning, row: _Row) -> Found:
    """What a claim finds of a delivery that has just been written."""
    return Found(
        episode_id=row.episode_id,
        ended=None,
        exists=True,
        taken=True,
        status=row.status,
        cursor=Cursor(row.episode_id, 0, item.step, item.block, row.pinned),
        due_ms=item.due_ms,
        attempts=int(row.status == _TAKEN),
        runs=(item.step,),
        last_active_ms=row.last_active,
        person=Person(row.first_name, row.username, row.language),
        facts=facts_of(row),
    )


def _cursor(row: _Row) -> Cursor | None:
    if row.step_key is None:
        return None
    return Cursor(row.episode_id, row.ordinal or 0, row.step_key, row.block_key or "", row.campaign_version or 0)
