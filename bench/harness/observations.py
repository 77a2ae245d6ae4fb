"""What a watched poller saw of each message: when it was due, when its claim was committed, when Telegram answered."""

from collections.abc import Sequence
from pathlib import Path

import msgspec


class Observed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`due_ms` is by the clock of Redis, the rest by this machine's, which is the same one. 0: it did not happen."""

    bot_id: int
    chat_id: int
    due_ms: int
    claimed_us: int
    answered_us: int = 0

    @property
    def claim_ms(self) -> float:
        """From the due to the committed claim."""
        return self.claimed_us / 1000 - self.due_ms

    @property
    def answer_ms(self) -> float:
        """From the due to Telegram's answer."""
        return self.answered_us / 1000 - self.due_ms


def write(path: Path, observed: Sequence[Observed]) -> None:
    path.write_bytes(msgspec.msgpack.encode(observed))


def read(path: Path) -> list[Observed]:
    return msgspec.msgpack.decode(path.read_bytes(), type=list[Observed])
