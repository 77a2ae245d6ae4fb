"""The claim of the block at a cursor: what the campaign says of it, and what PostgreSQL knows of its delivery."""

from typing import NamedTuple

from engine.core.campaign.frequency_caps import Limits
from engine.core.campaign.snapshot import Block
from engine.core.delivery import gate, sequence, state_machine
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Facts, Pass, Plan, Reason
from engine.core.delivery.state_machine import Found
from engine.poller.journey import Journey
from storage.postgres.deliveries.claim import Claiming


class Wish(NamedTuple):
    """What a claim asks for, and on which block and plan that rests."""

    cursor: Cursor
    block: Block | None
    plan: Plan
    claiming: Claiming


class Claimed(NamedTuple):
    """The wish, and what PostgreSQL found."""

    wish: Wish
    found: Found


async def claim_block(journey: Journey, cursor: Cursor) -> Claimed:
    wish = await wish_for(journey, cursor)
    return Claimed(wish, await journey.doors.claim(wish.claiming))


async def wish_for(journey: Journey, cursor: Cursor) -> Wish:
    """The wish to send the block at the cursor, unless the campaign forbids it."""
    block, plan = await _plan(journey, cursor)
    passes = isinstance(gate.judge(Facts(), plan), Pass)
    return Wish(cursor, block, plan, _claiming(journey, cursor, plan, wish=passes))


def _claiming(journey: Journey, cursor: Cursor, plan: Plan, *, wish: bool) -> Claiming:
    held, bot = journey.held, journey.bot
    limits = Limits() if cursor.pinned else journey.limits
    chat = (bot.bot_id, held.chat_id, cursor, held.version, cursor.pinned or bot.newest_version)
    return Claiming(*chat, held.marked, wish, plan.skip_paid, limits, held.chat_id in journey.owners)


async def _plan(journey: Journey, cursor: Cursor) -> tuple[Block | None, Plan]:
    """What the campaign says of the block: a begun step finishes as it began, others use the newest version."""
    newest, pinned = journey.bot.newest, await journey.pinned(cursor)
    if newest is None or pinned is None:
        return None, Plan(skip_paid=False, step_refusal=Reason.STEP_DELETED)
    step = sequence.find_step(pinned, cursor.step)
    block = sequence.find_block(step, cursor.block)
    held, now_ms, begun = journey.held, journey.clock.now_ms(), bool(cursor.pinned)
    return block, state_machine.plan(newest, step, block, held.due_ms, now_ms, held.chat_id, begun=begun)
