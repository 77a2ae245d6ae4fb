"""What a claimed block does, and in which order: every wait, the last look, the request, PostgreSQL, Redis."""

from typing import Any, cast

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Album, Item
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Facts
from engine.core.delivery.lane_state import LaneState
from engine.core.delivery.outcome import Outcome, Sent
from engine.core.delivery.rate_limit import Bucket, Throttle
from engine.core.delivery.state_machine import Found
from engine.core.schedule.step_schedule import After
from engine.poller.journey import Journey, JourneyEnd
from engine.poller.send_block import ClaimedBlock, send_block
from engine.poller.send_permit import SendPermit
from engine.poller.served_bots import Served
from engine.runtime.server_clock import ServerClock
from engine.security.signed_links import SignedLinks
from engine.telegram.sender import Prepared
from storage.postgres.deliveries.report import Report, Reported
from storage.redis.timer_values import Fence, Held

BOT, CHAT, SILENCE = 7, 41, 1_800_000_000_000
ALBUM = Block("b", Album((Item("photo", "0" * 64),) * 3))
NEWEST = Snapshot("UTC", (Step("a", After(0), (ALBUM,)),))


class Trail:
    """The doors, the catalogue and the pause of one journey. It notes what happens in which order."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.bots = {BOT: Served(BOT, "shop_bot", "", 25, LaneState.OPEN, 1, NEWEST, 0)}

    async def version(self, *_: int) -> Snapshot:
        return NEWEST

    async def pause(self, _seconds: float) -> None:
        self.steps.append("waits for the pace")

    async def prepare(self, _speaker: object, content: Any) -> Prepared:
        self.steps.append("waits for its files")
        return Prepared(content)

    def release(self, *_: object) -> None:
        """Nothing is uploaded."""

    async def pass_(self, *_: object) -> Fence:
        self.steps.append("looks")
        return Fence.CURRENT

    async def send(self, *_: object) -> Outcome:
        self.steps.append("sends")
        return Sent((1, 2, 3))

    async def report(self, report: Report) -> Reported:
        self.steps.append("tells PostgreSQL")
        return Reported(report.status, report.reason, report.end, crossed=False)

    async def settle(self, *_: object) -> Fence:
        self.steps.append("tells Redis")
        return Fence.CURRENT


async def test_the_last_look_comes_after_every_wait() -> None:
    """An album waits for the tokens of its other messages, and its person may answer meanwhile."""
    trail = Trail()
    permit = SendPermit(Bucket(25, 0.0), Throttle(25, 0.0), lambda: 0.0, lambda: None, trail.pause)
    shared = cast("Any", trail), cast("Any", trail), ServerClock(SILENCE), SignedLinks([], None), frozenset[int]()
    journey = Journey(
        *shared, trail.bots[BOT], Held(CHAT, 10, SILENCE, SILENCE, marked=False, opaque="", generation=""), permit
    )
    cursor = Cursor(SILENCE, 0, "a", "b", 1)
    found = Found(
        SILENCE,
        None,
        exists=True,
        taken=True,
        status="sending",
        cursor=cursor,
        due_ms=SILENCE,
        attempts=1,
        runs=("a",),
        facts=Facts(),
    )
    assert await send_block(journey, ClaimedBlock(found, cursor, ALBUM)) is JourneyEnd.SENT
    assert trail.steps == [
        "waits for its files",
        "waits for the pace",
        "looks",
        "sends",
        "tells PostgreSQL",
        "tells Redis",
    ]
