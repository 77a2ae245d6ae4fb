"""The one clock of a world, which a test moves."""

START_MS = 1_800_000_000_000
TICK_US = 10


class HandClock:
    """`ahead_ms` is for a mutant: a process that uses its own clock, which it must not."""

    def __init__(self, base: "HandClock | None" = None, ahead_ms: int = 0) -> None:
        self._base = base
        self._ahead_ms = ahead_ms
        self.us = START_MS * 1000

    def now_us(self) -> int:
        """Each call takes a moment, as on a real server."""
        if self._base:
            return self._base.now_us() + self._ahead_ms * 1000
        self.us += TICK_US
        return self.us

    def now_ms(self) -> int:
        return (self._base.now_ms() + self._ahead_ms) if self._base else self.us // 1000

    async def time(self) -> tuple[int, int]:
        return divmod(self.us, 1_000_000)
