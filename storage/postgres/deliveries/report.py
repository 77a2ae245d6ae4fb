"""Episodes and deliveries: the statements that carry the engine.

PostgreSQL first, Redis second, always. Each door is one short transaction for a batch: it locks in key order, chats
before episodes before deliveries, and decides on rows that nobody else can move. The lock is a statement of its own,
so that the next one sees what its holder has committed.

The row version is the fence: a claim takes a scheduled row, or a sending one of an older claim that never passed. In an
ended episode it takes nothing back: Redis may have lost the mark, so that what is being sent there is the reaper's.
To an episode older than the campaign's start, which began while a stop or the end of a shadow was ending the others,
the campaign is stopped. Facts (sent, failed, unknown) are taken from whoever brings them, wishes only from the holder
of the version.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import asyncpg

from engine.core.campaign.frequency_caps import DAY_MS, MONTH_MS, WEEK_MS, Limits
from engine.core.content.templates import Person
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Facts
from engine.core.delivery.state_machine import Found
from engine.core.identity import SECOND_MS
from storage.postgres.message_rules import due_now
from storage.postgres.pool import Pool, transaction


class Beginning(NamedTuple):
    """A silence that is due, with the first delivery that it would bring; `begins` False only asks what is there."""

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
    """The newest replan that its planner knew of."""
    limits: Limits = Limits()


class Begun(NamedTuple):
    """`episode_id` is the one there: the same silence may have been begun before, a moment apart; `cursor` is then
    where it stands, as Redis may have forgotten.

    `last_active_ms` newer than the silence: nothing began, the timer is re-armed from it. Nothing begins either for
    somebody who cannot be written to, or once the campaign was stopped: the timer may be gone, and nobody would come to
    end the episode. Nor for whom a sequence has begun too lately, or too often; one of which nothing was sent, such as
    a shadow's, does not count.
    """

    fresh: bool
    episode_id: int
    last_active_ms: int
    cursor: Cursor | None = None
    welcome: bool = True
    """The limits let a sequence begin."""


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


class Aftermath(NamedTuple):
    """What becomes of a message once it is sent: how long it stays, and what is done when the person returns or pays.

    The rules are named as in `engine.core.content.model`: unbutton, replace, delete; None keeps it.
    """

    delete_after_ms: int | None = None
    on_return: str | None = None
    on_payment: str | None = None


class Report(NamedTuple):
    """What came of a delivery, and what follows: the next delivery, or the end of the episode.

    `status` None leaves the delivery as it is; `fact` says that it happened, whoever holds the row.
    `spent` False gives an attempt back. A row that goes back to scheduled is pinned as the cursor says.
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
    """What stands in the row now (None: it was not ours to change), and how the episode stands."""

    status: str | None
    reason: str | None
    ended: str | None
    crossed: bool


_TOUCH_CHATS: Final = """
INSERT INTO chats (bot_id, chat_id, last_active)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) ORDER BY 1, 2
ON CONFLICT (bot_id, chat_id) DO UPDATE SET
    last_active = greatest(chats.last_active, excluded.last_active),
    unreachable_since = CASE WHEN excluded.last_active > chats.unreachable_since THEN NULL
        ELSE chats.unreachable_since END
"""

LOCK_EPISODES: Final = """
SELECT 1 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
JOIN recovery_episodes e USING (bot_id, chat_id, episode_id)
ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
"""

_LOCK_OLDER: Final = f"""
SELECT 1 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
JOIN recovery_episodes e ON e.bot_id = w.bot_id AND e.chat_id = w.chat_id
WHERE e.ended_at IS NULL AND e.episode_id / {SECOND_MS} < w.episode_id / {SECOND_MS}
ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
"""

_CLOSE_OLDER: Final = f"""
WITH wanted AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
), held AS MATERIALIZED (
    SELECT e.bot_id, e.chat_id, e.episode_id, w.episode_id AS returned_at
    FROM wanted w JOIN recovery_episodes e USING (bot_id, chat_id)
    WHERE e.ended_at IS NULL AND e.episode_id / {SECOND_MS} < w.episode_id / {SECOND_MS}
    ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
), closed AS (
    UPDATE recovery_episodes e SET ended_at = $4, reason = 'returned', returned_at = h.returned_at
    FROM held h
    WHERE e.bot_id = h.bot_id AND e.chat_id = h.chat_id AND e.episode_id = h.episode_id
    RETURNING e.bot_id, e.chat_id, e.episode_id, e.returned_at
), after AS (
    UPDATE recovery_deliveries d SET
        crossed = d.crossed OR d.sent_at > c.returned_at,{due_now("d.on_return", "'returned'", "$4")}
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id
      AND d.status = 'sent' AND (d.sent_at > c.returned_at OR d.on_return IS NOT NULL)
)
UPDATE recovery_deliveries d SET status = 'cancelled', reason = 'returned'
FROM closed c
WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id AND d.status = 'scheduled'
"""

BEGIN: Final = f"""
WITH wanted AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::text[],
        $8::bigint[], $9::bool[], $10::bigint[], $11::bigint[], $12::bigint[], $13::int[])
        AS w(bot_id, chat_id, episode_id, version, campaign_version, step_key, block_key, due_at, begins, anchor_at,
             replan, again_after, per_month)
), known AS (
    SELECT w.*, c.last_active, c.unreachable_since IS NULL AND c.opted_out_at IS NULL AS reachable,
        k.state IN ('live', 'shadow', 'paused') AS serves, e.episode_id AS there,
        (SELECT count(*) FILTER (WHERE o.began_at > $14 - w.again_after) = 0
            AND (w.per_month = 0 OR count(*) < w.per_month)
         FROM recovery_episodes o WHERE (w.again_after > 0 OR w.per_month > 0)
           AND o.bot_id = w.bot_id AND o.chat_id = w.chat_id AND o.began_at > $14 - {MONTH_MS}
           AND EXISTS (SELECT FROM recovery_deliveries d WHERE d.bot_id = o.bot_id AND d.chat_id = o.chat_id
             AND d.episode_id = o.episode_id AND d.status IN ('sending', 'sent', 'unknown'))) AS welcome
    FROM wanted w JOIN chats c USING (bot_id, chat_id)
    LEFT JOIN recovery_campaigns k ON k.bot_id = w.bot_id
    LEFT JOIN LATERAL (
        SELECT e.episode_id FROM recovery_episodes e
        WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id AND e.episode_id / {SECOND_MS} >= w.episode_id / {SECOND_MS}
        ORDER BY e.episode_id LIMIT 1
    ) e ON true
), begun AS (
    INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)
    SELECT bot_id, chat_id, episode_id, campaign_version, $14 FROM known
    WHERE begins AND there IS NULL AND reachable AND serves AND welcome
      AND last_active / {SECOND_MS} <= episode_id / {SECOND_MS}
    ORDER BY bot_id, chat_id
    ON CONFLICT DO NOTHING
    RETURNING bot_id, chat_id
), planned AS (
    INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
        campaign_version, due_at, anchor_at, replan)
    SELECT k.bot_id, k.chat_id, k.episode_id, k.step_key, k.block_key, 0, 'scheduled', k.version,
        0, k.due_at, k.anchor_at, k.replan
    FROM known k JOIN begun USING (bot_id, chat_id)
)
SELECT k.bot_id, k.chat_id, begun.chat_id IS NOT NULL AS fresh, coalesce(k.there, k.episode_id) AS episode_id,
    k.last_active, k.welcome, d.ordinal, d.step_key, d.block_key, d.campaign_version
FROM known k LEFT JOIN begun USING (bot_id, chat_id)
LEFT JOIN LATERAL (
    SELECT * FROM recovery_deliveries d
    WHERE d.bot_id = k.bot_id AND d.chat_id = k.chat_id AND d.episode_id = k.there ORDER BY d.ordinal DESC LIMIT 1
) d ON true
"""

CLAIM: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::int[],
        $8::bool[], $9::bool[], $10::bool[], $11::int[], $12::int[], $13::bool[])
        AS w(bot_id, chat_id, episode_id, step_key, block_key, version, campaign_version, marked, wish, skip_paid,
             per_day, per_week, owner)
), known AS MATERIALIZED (
    SELECT w.*, e.episode_id IS NOT NULL AS exists, e.reason AS ended,
        b.status AS bot_status, coalesce(s.engaged, false) AS emergency_stop,
        CASE WHEN w.episode_id < k.activated_at THEN 'stopped' ELSE k.state END AS campaign_state,
        c.first_name, c.username, c.language, c.last_active,
        coalesce(c.last_active / {SECOND_MS} > w.episode_id / {SECOND_MS}, false) AS returned,
        c.unreachable_since IS NULL AS reachable, c.opted_out_at IS NOT NULL AS opted_out,
        EXISTS (SELECT FROM payments p
            WHERE p.bot_id = w.bot_id AND p.chat_id = w.chat_id AND p.status = 'paid') AS paid,
        w.owner OR EXISTS (SELECT FROM bot_admins a WHERE a.bot_id = w.bot_id AND a.admin_id = w.chat_id) AS admin,
        CASE WHEN w.per_day + w.per_week > 0 THEN (
            SELECT max(full_until) FROM (
                SELECT array_agg(s.at ORDER BY s.at DESC) AS newest
                FROM (SELECT max(o.sent_at) AS at FROM recovery_deliveries o
                    WHERE o.bot_id = w.bot_id AND o.chat_id = w.chat_id AND o.status = 'sent'
                      AND o.sent_at > $14::bigint - {WEEK_MS} GROUP BY o.episode_id, o.step_key) s
            ) sent, LATERAL (VALUES (newest[w.per_day] + {DAY_MS}), (newest[w.per_week] + {WEEK_MS})) u(full_until)
            WHERE full_until > $14
        ) END AS room_at,
        d.step_key AS at_step, d.block_key AS at_block, d.ordinal, d.status, d.due_at, d.attempts, d.deferrals,
        d.campaign_version AS pinned, r.runs
    FROM wanted w
    LEFT JOIN recovery_episodes e USING (bot_id, chat_id, episode_id)
    LEFT JOIN bots b ON b.id = w.bot_id
    LEFT JOIN recovery_campaigns k ON k.bot_id = w.bot_id
    LEFT JOIN switches s ON s.name = 'emergency_stop'
    LEFT JOIN chats c ON c.bot_id = w.bot_id AND c.chat_id = w.chat_id
    LEFT JOIN LATERAL (
        SELECT * FROM recovery_deliveries d
        WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id
        ORDER BY d.ordinal DESC LIMIT 1
    ) d ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(DISTINCT d.step_key) AS runs FROM recovery_deliveries d
        WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id
    ) r ON true
), judged AS MATERIALIZED (
    SELECT known.*, fit AND campaign_state IN ('live', 'finishing') AS good,
        fit AND campaign_state = 'shadow' AS withheld
    FROM known, LATERAL (SELECT exists AND ended IS NULL AND wish AND bot_status = 'active'
        AND NOT emergency_stop AND NOT returned AND reachable AND NOT opted_out AND NOT (paid AND skip_paid)
        AND NOT admin AND room_at IS NULL AND due_at <= $14 AND NOT (marked AND status = 'sending') AS fit) AS facts
), taken AS (
    UPDATE recovery_deliveries d SET
        version = j.version,
        status = CASE
            WHEN d.status = 'sending' AND j.marked THEN 'unknown'
            WHEN j.good THEN 'sending'
            ELSE 'scheduled' END,
        claimed_at = CASE WHEN j.good THEN $14 ELSE d.claimed_at END,
        attempts = d.attempts + CASE WHEN j.good THEN 1 ELSE 0 END,
        campaign_version = CASE WHEN j.good OR j.withheld THEN j.campaign_version ELSE d.campaign_version END
    FROM judged j
    WHERE d.bot_id = j.bot_id AND d.chat_id = j.chat_id AND d.episode_id = j.episode_id
      AND d.step_key = j.step_key AND d.block_key = j.block_key
      AND (j.ended IS NULL OR (d.status = 'sending' AND j.marked))
      AND ((d.status = 'scheduled' AND d.version <= j.version) OR (d.status = 'sending' AND d.version < j.version))
    RETURNING d.bot_id, d.chat_id, d.status, d.attempts, d.campaign_version
)
SELECT j.*, t.status IS NOT NULL AS taken, coalesce(t.status, j.status) AS status_now,
    coalesce(t.attempts, j.attempts) AS attempts_now, coalesce(t.campaign_version, j.pinned) AS pinned_now
FROM judged j LEFT JOIN taken t USING (bot_id, chat_id)
"""

_CROSSED: Final = "('returned', 'paid', 'opted_out', 'unreachable')"
"""Endings that a person's own act has brought: what is sent all the same has crossed it on the wire."""

_LATE: Final = due_now(
    "CASE WHEN k.status = 'sent' AND k.over THEN coalesce(CASE WHEN k.paid THEN k.on_payment END,"
    " CASE WHEN k.returned_at IS NOT NULL THEN k.on_return END) END",
    "CASE WHEN k.paid AND k.on_payment IS NOT NULL THEN 'paid' ELSE 'returned' END",
    "$25",
    delete_at="$25 + k.delete_after",
)
"""Of what is recorded as sent when its person has already returned or paid."""

_REPORT: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[],
        $8::bool[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::bigint[], $15::bool[],
        $16::text[], $17::text[], $18::int[], $19::bigint[], $20::int[], $21::text[], $22::bool[], $23::bigint[],
        $24::bigint[])
        AS w(bot_id, chat_id, episode_id, step_key, block_key, version, status, fact, reason, message_ids, delete_after,
             on_return, on_payment, due_at, spent, next_step, next_block, next_ordinal, next_due, pinned, ending,
             deferred, next_anchor, replan)
), known AS MATERIALIZED (
    SELECT w.*, e.ended_at IS NOT NULL AS over, e.reason AS ended, e.returned_at,
        e.paid_at IS NOT NULL OR e.reason IS NOT DISTINCT FROM 'paid' AS paid
    FROM wanted w JOIN recovery_episodes e USING (bot_id, chat_id, episode_id)
), done AS (
    UPDATE recovery_deliveries d SET
        status = CASE WHEN k.status = 'scheduled' AND k.over THEN 'cancelled' ELSE k.status END,
        reason = CASE WHEN k.status = 'scheduled' AND k.over THEN k.ended ELSE k.reason END,
        due_at = coalesce(k.due_at, d.due_at),
        campaign_version = CASE WHEN k.status = 'scheduled' THEN k.pinned ELSE d.campaign_version END,
        attempts = d.attempts - CASE WHEN k.spent THEN 0 ELSE 1 END,
        deferrals = d.deferrals + CASE WHEN k.deferred THEN 1 ELSE 0 END,
        sent_at = CASE WHEN k.status = 'sent' THEN $25 ELSE d.sent_at END,
        message_ids = coalesce(k.message_ids::bigint[], d.message_ids),
        on_return = k.on_return,
        on_payment = k.on_payment,
        crossed = d.crossed OR (k.status = 'sent' AND coalesce(k.ended IN {_CROSSED}, false)),{_LATE}
    FROM known k
    WHERE d.bot_id = k.bot_id AND d.chat_id = k.chat_id AND d.episode_id = k.episode_id
      AND d.step_key = k.step_key AND d.block_key = k.block_key
      AND k.status IS NOT NULL
      AND ((k.fact AND (d.status = 'sending' OR (d.status = 'unknown' AND k.status <> 'unknown')))
        OR (NOT k.fact AND d.version = k.version AND d.status IN ('scheduled', 'sending')))
    RETURNING d.bot_id, d.chat_id, d.episode_id, d.status, d.reason, d.crossed
), moving AS MATERIALIZED (
    SELECT k.*, done.status AS now_is, done.reason AS now_why, coalesce(done.crossed, false) AS crossed,
        NOT k.over AND (k.status IS NULL OR done.status IS NOT NULL) AS moves
    FROM known k LEFT JOIN done USING (bot_id, chat_id, episode_id)
), planned AS (
    INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
        campaign_version, due_at, anchor_at, replan)
    SELECT bot_id, chat_id, episode_id, next_step, next_block, next_ordinal, 'scheduled', version, pinned,
        next_due, next_anchor, replan
    FROM moving WHERE moves AND next_step IS NOT NULL
    ORDER BY bot_id, chat_id
    ON CONFLICT DO NOTHING
), ended AS (
    UPDATE recovery_episodes e SET ended_at = $25, reason = m.ending
    FROM moving m
    WHERE m.moves AND m.ending IS NOT NULL AND NOT EXISTS (
        SELECT FROM recovery_deliveries d
        WHERE d.bot_id = m.bot_id AND d.chat_id = m.chat_id AND d.episode_id = m.episode_id
          AND d.status IN ('scheduled', 'sending') AND (d.step_key, d.block_key) <> (m.step_key, m.block_key))
      AND e.bot_id = m.bot_id AND e.chat_id = m.chat_id AND e.episode_id = m.episode_id AND e.ended_at IS NULL
    RETURNING e.bot_id, e.chat_id, e.reason
)
SELECT m.bot_id, m.chat_id, m.now_is, m.now_why, coalesce(ended.reason, m.ended) AS ended, m.crossed
FROM moving m LEFT JOIN ended USING (bot_id, chat_id)
"""

_STUCK: Final = """
SELECT bot_id, chat_id, episode_id, step_key, block_key, version FROM recovery_deliveries
WHERE status = 'sending' AND claimed_at < $1 ORDER BY claimed_at LIMIT 512
"""

_REAP: Final = """
UPDATE recovery_deliveries d SET status = 'unknown'
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[])
    AS w(bot_id, chat_id, episode_id, step_key, block_key, version)
WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id AND d.step_key = w.step_key
  AND d.block_key = w.block_key AND d.status = 'sending' AND d.version = w.version
RETURNING d.bot_id, d.chat_id
"""


class Stuck(NamedTuple):
    """A delivery that was claimed long ago and of which nothing was heard."""

    bot_id: int
    chat_id: int
    episode_id: int
    step: str
    block: str
    version: int


async def begin(pool: Pool, wanted: Sequence[Beginning], now_ms: int) -> list[Begun]:
    """Begin episodes whose silence still holds; close older ones of the same chats."""
    columns = _columns([(*w[:11], w.limits.again_after_ms, w.limits.per_month) for w in wanted])
    async with transaction(pool) as connection:
        await connection.execute(_TOUCH_CHATS, *columns[:3])
        await connection.execute(_LOCK_OLDER, *columns[:3])
        await connection.execute(_CLOSE_OLDER, *columns[:3], now_ms)
        rows = await connection.fetch(BEGIN, *columns, now_ms)
    by_chat = {(row["bot_id"], row["chat_id"]): row for row in rows}
    return [_begun(by_chat[item.bot_id, item.chat_id]) for item in wanted]


async def claim(pool: Pool, wanted: Sequence[Claiming], now_ms: int) -> list[Found]:
    """Take the deliveries whose facts are good; say of each what was found."""
    flat = [
        (
            w.bot_id,
            w.chat_id,
            w.cursor.episode_id,
            w.cursor.step,
            w.cursor.block,
            *w[3:8],
            w.limits.per_day,
            w.limits.per_week,
            w.owner,
        )
        for w in wanted
    ]
    columns = _columns(flat)
    async with transaction(pool) as connection:
        await connection.execute(LOCK_EPISODES, *columns[:3])
        rows = await connection.fetch(CLAIM, *columns, now_ms)
    by_chat = {(row["bot_id"], row["chat_id"]): row for row in rows}
    return [_found(by_chat[item.bot_id, item.chat_id]) for item in wanted]


async def report(pool: Pool, reports: Sequence[Report], now_ms: int) -> list[Reported]:
    """Record what came of deliveries, and plan what follows, while their episodes are open."""
    columns = _columns([_flat(item) for item in reports])
    async with transaction(pool) as connection:
        await connection.execute(LOCK_EPISODES, *columns[:3])
        rows = await connection.fetch(_REPORT, *columns, now_ms)
    by_chat = {(row["bot_id"], row["chat_id"]): row for row in rows}
    found = (by_chat[item.bot_id, item.chat_id] for item in reports)
    return [Reported(row["now_is"], row["now_why"], row["ended"], row["crossed"]) for row in found]


async def stuck(pool: Pool, claimed_before_ms: int) -> list[Stuck]:
    async with transaction(pool) as connection:
        return [Stuck(*row) for row in await connection.fetch(_STUCK, claimed_before_ms)]


async def reap(pool: Pool, rows: Sequence[Stuck]) -> int:
    """Give up waiting: their outcome is unknown. The caller has seen that nobody holds them; returns how many."""
    async with transaction(pool) as connection:
        return len(await connection.fetch(_REAP, *_columns(rows)))


def _flat(item: Report) -> tuple[Any, ...]:
    cursor, following = item.cursor, item.next
    return (
        item.bot_id, item.chat_id, cursor.episode_id, cursor.step, cursor.block, item.version, item.status, item.fact,
        item.reason, _array(item.message_ids), *item.aftermath, item.due_ms, item.spent,
        following and following.step, following and following.block, following and following.ordinal,
        item.next_due_ms, following.pinned if following else cursor.pinned, item.end, item.deferred,
        item.next_anchor_ms, item.replan,
    )  # fmt: skip


def _array(numbers: Sequence[int]) -> str | None:
    """As PostgreSQL writes it: `unnest` takes no rows of different lengths."""
    return f"{{{','.join(map(str, numbers))}}}" if numbers else None


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _begun(row: asyncpg.Record) -> Begun:
    cursor = None
    if row["step_key"] is not None:
        cursor = Cursor(row["episode_id"], row["ordinal"], row["step_key"], row["block_key"], row["campaign_version"])
    return Begun(row["fresh"], row["episode_id"], row["last_active"], cursor, row["welcome"])


def _found(row: asyncpg.Record) -> Found:
    return Found(
        episode_id=row["episode_id"],
        ended=row["ended"],
        exists=row["exists"],
        taken=row["taken"],
        status=row["status_now"] or "",
        cursor=Cursor(
            row["episode_id"], row["ordinal"] or 0, row["at_step"] or "", row["at_block"] or "", row["pinned_now"] or 0
        ),
        due_ms=row["due_at"] or 0,
        attempts=row["attempts_now"] or 0,
        runs=frozenset(row["runs"] or ()),
        last_active_ms=row["last_active"] or 0,
        person=Person(row["first_name"], row["username"], row["language"]),
        deferrals=row["deferrals"] or 0,
        facts=Facts(
            bot_status=row["bot_status"] or "removed",
            campaign_state=row["campaign_state"] or "draft",
            emergency_stop=row["emergency_stop"],
            returned=row["returned"],
            reachable=row["reachable"],
            opted_out=row["opted_out"],
            paid=row["paid"],
            admin=row["admin"],
            room_ms=row["room_at"],
        ),
    )
