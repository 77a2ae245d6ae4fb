"""What a journey may spend on its way to the wire: the token its timer was claimed with, and what it pays on top.

A journey with several messages pays for the others before its last look, and waits its turn without holding up anyone:
the bucket goes into debt, and says how long it takes to pay that off.
"""

import asyncio
from collections.abc import Awaitable, Callable

from engine.core.delivery.rate_limit import Bucket, Throttle
from engine.poller.unrecorded_outcomes import UnrecordedOutcomes


class SendPermit:
    """`note_passed` is called when the request is the next thing written, `note_due` with each deadline that is set.

    `unrecorded`: the outcomes of the lane that wait for a server.
    """

    def __init__(
        self,
        bucket: Bucket,
        throttle: Throttle,
        elapsed_s: Callable[[], float],
        note_passed: Callable[[], None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        note_due: Callable[[int], None] = lambda _: None,
        unrecorded: UnrecordedOutcomes | None = None,
    ) -> None:
        self._bucket = bucket
        self._throttle = throttle
        self._elapsed_s = elapsed_s
        self._note_passed = note_passed
        self.note_due = note_due
        self.unrecorded = UnrecordedOutcomes() if unrecorded is None else unrecorded
        self._pause = pause
        self._passed_s = 0.0
        self.tokens = 1

    @property
    def is_withdrawn(self) -> bool:
        """Telegram asked the bot to wait: nothing more may leave now."""
        return self._bucket.is_held(self._elapsed_s())

    async def pay(self, messages: int) -> None:
        """Take tokens for this many more messages, and wait until they are available."""
        if messages:
            self.tokens += messages
            await self._pause(self._bucket.owe(messages, self._elapsed_s()))

    def passed(self) -> None:
        self._passed_s = self._elapsed_s()
        self._note_passed()

    def answered(self) -> None:
        """Telegram has answered a send without a file: its delay shows what pace it can take."""
        now_s = self._elapsed_s()
        self._throttle.hear(now_s - self._passed_s, now_s)

    def hold(self, for_ms: int) -> None:
        """Telegram asks the bot to wait: that holds at once, for all that it has under way."""
        self._bucket.hold(self._elapsed_s() + for_ms / 1000)
