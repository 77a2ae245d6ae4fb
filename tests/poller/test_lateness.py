"""A message is late by its own due, whatever due the timer had that led to it."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any, Final, cast

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Facts
from engine.core.delivery.lane_state import LaneState
from engine.core.delivery.outcome import Sent
from engine.core.delivery.state_machine import Found
from engine.core.schedule.step_schedule import After
from engine.poller.dispatch import Dispatch
from engine.poller.send_permit import SendPermit
from engine.poller.served_bots import Served
from engine.poller.unrecorded_outcomes import UnrecordedOutcomes
from engine.runtime.telemetry import configure_safely
from engine.security.signed_links import SignedLinks
from engine.telegram.sender import Prepared
from storage.postgres.deliveries.begin import Beginning, Begun
from storage.postgres.deliveries.claim import Claiming
from storage.postgres.deliveries.report import Report, Reported
from storage.redis.timer_values import Fence, Held, NextTimer

HOUR_MS: Final = 3_600_000
SEEN_MS: Final = 1_800_000_000_000
DUE_MS: Final = SEEN_MS + HOUR_MS
MOST_CLAIMS: Final = 10


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    configure_safely()


class Doors:
    """One chat in memory: its row, its timer, and what came of its first message. It ends with that."""

    def __init__(self, now_ms: int, *, loses_settles: bool) -> None:
        self._now_ms = now_ms
        self._loses_settles = loses_settles
        self.timer = NextTimer(1, 1, DUE_MS)
        self.row_due_ms: int | None = None
        self.outcome: str | None = None

    async def begin(self, beginning: Beginning) -> Begun:
        """A silence that has begun before says where it stands."""
        if self.row_due_ms is not None:
            at = Cursor(beginning.episode_id, 0, beginning.step, beginning.block, 0)
            return Begun(fresh=False, episode_id=beginning.episode_id, last_active_ms=SEEN_MS, cursor=at)
        self.row_due_ms = beginning.due_ms
        found = await self.claim(beginning.claiming) if beginning.claiming else None
        return Begun(fresh=True, episode_id=beginning.episode_id, last_active_ms=SEEN_MS, found=found)

    async def claim(self, claiming: Claiming) -> Found:
        assert self.row_due_ms is not None
        status = "sending" if claiming.wish and self.row_due_ms <= self._now_ms else "scheduled"
        at = claiming.cursor
        return Found(at.episode_id, None, True, True, status, at, self.row_due_ms, 1, (at.step,), Facts())  # noqa: FBT003 - a row

    async def settle(self, _bot_id: int, plan: NextTimer) -> Fence:
        """The first one is lost where a poller died."""
        if self._loses_settles:
            self._loses_settles = False
        else:
            self.timer = plan
        return Fence.CURRENT

    async def prepare(self, _speaker: object, content: Any) -> Prepared:
        return Prepared(content)

    def release(self, *_: object) -> None:
        """Texts have no files."""

    async def pass_(self, *_: object) -> Fence:
        return Fence.CURRENT

    async def send(self, *_: object) -> Sent:
        return Sent((1,))

    async def act(self, *_: object) -> Sent:
        return Sent(())

    async def report(self, report: Report) -> Reported:
        self.outcome = report.reason or report.status
        return Reported(report.status, report.reason, None, crossed=False)


class Catalogue:
    def __init__(self, bot: Served) -> None:
        self.bots = {bot.bot_id: bot}

    async def version(self, _bot_id: int, _number: int) -> Snapshot | None:
        return self.bots[7].newest


class Clock:
    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms


async def outcome(newest: Snapshot, now_ms: int, *, loses_settles: bool) -> str | None:
    """What comes of the first message if somebody looks then for the first time; None if it is not due."""
    bot = Served(7, "shop_bot", "", 25, LaneState.OPEN, 1, newest, 0)
    doors = Doors(now_ms, loses_settles=loses_settles)
    dispatch = Dispatch(
        cast("Any", doors), cast("Any", Catalogue(bot)), cast("Any", Clock(now_ms)), SignedLinks([], None)
    )
    for _ in range(MOST_CLAIMS):
        held = Held(1, 1, SEEN_MS, doors.timer.due_ms, marked=False, opaque=doors.timer.opaque, generation="")
        await dispatch.serve(bot, held, cast("SendPermit", Permit()))
        if doors.outcome or doors.timer.due_ms > now_ms:
            return doors.outcome
    raise AssertionError("it is claimed again and again")


class Permit:
    tokens = 1
    is_withdrawn = False

    def __init__(self) -> None:
        self.unrecorded = UnrecordedOutcomes()

    async def pay(self, _messages: int) -> None:
        """The pace is not the subject."""

    def passed(self) -> None:
        """Nor are answers that come late."""

    def answered(self) -> None:
        """As above."""

    def note_due(self, _due_ms: int) -> None:
        """No lane sleeps here."""


def campaign(schedule_ms: int, delay_ms: int, lateness_ms: int) -> Snapshot:
    steps = (Step("a", After(schedule_ms), (Block("b", Text("x"), delay_ms),)),)
    return Snapshot("UTC", steps, HOUR_MS, lateness_ms=lateness_ms)


async def test_after_an_outage_a_first_step_is_no_later_than_its_own_hour() -> None:
    """Nobody looked for eight hours; the step was due after three, so it is five hours late."""
    newest = campaign(3 * HOUR_MS, 0, 6 * HOUR_MS)
    assert await outcome(newest, DUE_MS + 8 * HOUR_MS, loses_settles=False) == "sent"


@given(
    schedule_ms=st.sampled_from([0, 1, HOUR_MS, 7 * HOUR_MS]),
    delay_ms=st.sampled_from([0, 5_000, HOUR_MS]),
    lateness_ms=st.sampled_from([1_000, HOUR_MS, 6 * HOUR_MS]),
    looked_ms=st.integers(0, 20 * HOUR_MS),
    loses_settles=st.booleans(),
)
def test_a_first_message_goes_out_from_its_due_until_it_is_too_late(
    schedule_ms: int, delay_ms: int, lateness_ms: int, looked_ms: int, *, loses_settles: bool
) -> None:
    late_ms = looked_ms - schedule_ms - delay_ms
    newest = campaign(schedule_ms, delay_ms, lateness_ms)
    found = asyncio.run(outcome(newest, DUE_MS + looked_ms, loses_settles=loses_settles))
    assert found == (None if late_ms < 0 else "sent" if late_ms <= lateness_ms else "late")
