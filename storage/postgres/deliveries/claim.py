"""Claim: the right to send one block."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from engine.core.campaign.frequency_caps import Limits
from engine.core.content.templates import Person
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Facts
from engine.core.delivery.state_machine import Found
from storage.postgres.columns import to_columns
from storage.postgres.pool import Pool, call
from storage.postgres.statements import call_function


class Claiming(NamedTuple):
    """The wish to send the block at the cursor. `marked`: an earlier claim had passed."""

    bot_id: int
    chat_id: int
    cursor: Cursor
    version: int
    campaign_version: int
    marked: bool
    wish: bool
    skip_paid: bool
    limits: Limits = Limits()
    """Those that count for this block: a begun step has none."""
    owner: bool = False
    """Owns every bot, and so is an admin of this one."""


class _Wanted(NamedTuple):
    bot_id: int
    chat_id: int
    episode_id: int
    step_key: str
    block_key: str
    version: int
    campaign_version: int
    marked: bool
    wish: bool
    skip_paid: bool
    per_day: int
    per_week: int
    owner: bool


class _Row(NamedTuple):
    """What stands at the cursor is None where there is no such episode, and what is known of a bot or chat likewise."""

    bot_id: int
    chat_id: int
    episode_id: int
    exists: bool
    ended: str | None
    taken: bool
    status: str | None
    ordinal: int | None
    at_step: str | None
    at_block: str | None
    pinned: int | None
    due_at: int | None
    attempts: int | None
    deferrals: int | None
    runs: list[str] | None
    last_active: int | None
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


CLAIM: Final = call_function("deliveries/claim_deliveries", len(_Wanted._fields) + 1)


async def claim_deliveries(pool: Pool, wanted: Sequence[Claiming], now_ms: int) -> list[Found]:
    """Take the deliveries whose facts are good, and return what was found for each of them."""
    given = to_columns(map(to_row, wanted))
    rows = map(_Row._make, await call(pool, CLAIM, *given, now_ms))
    found = {(row.bot_id, row.chat_id): _found(row) for row in rows}
    return [found[item.bot_id, item.chat_id] for item in wanted]


def to_row(item: Claiming) -> _Wanted:
    return _Wanted(
        bot_id=item.bot_id,
        chat_id=item.chat_id,
        episode_id=item.cursor.episode_id,
        step_key=item.cursor.step,
        block_key=item.cursor.block,
        version=item.version,
        campaign_version=item.campaign_version,
        marked=item.marked,
        wish=item.wish,
        skip_paid=item.skip_paid,
        per_day=item.limits.per_day,
        per_week=item.limits.per_week,
        owner=item.owner,
    )


def _found(row: _Row) -> Found:
    return Found(
        episode_id=row.episode_id,
        ended=row.ended,
        exists=row.exists,
        taken=row.taken,
        status=row.status or "",
        cursor=Cursor(row.episode_id, row.ordinal or 0, row.at_step or "", row.at_block or "", row.pinned or 0),
        due_ms=row.due_at or 0,
        attempts=row.attempts or 0,
        runs=tuple(row.runs or ()),
        last_active_ms=row.last_active or 0,
        person=Person(row.first_name, row.username, row.language),
        deferrals=row.deferrals or 0,
        facts=facts_of(row),
    )


def facts_of(columns: Sequence[Any]) -> Facts:
    """`columns` are the last of a row; they have the order of the fields."""
    bot_status, campaign_state, *others = columns[-len(Facts._fields) :]
    return Facts(bot_status or "removed", campaign_state or "draft", *others)
