"""What a disturbance adds to the verdict. Each kind of finding is in the file of its disturbance."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from bench.questions.exactly_once.doubt import Doubt
from bench.questions.exactly_once.judge import Spread


class Finding(ABC):
    kills: ClassVar[bool] = False
    """Connections break: for a send that was broken off, the engine may have no record of its outcome."""

    @property
    def holds(self) -> bool:
        """Whether the engine kept its promises."""
        return True

    @property
    def doubtful(self) -> int:
        """How many more sends it may leave in doubt."""
        return 0

    @property
    def doubts(self) -> Mapping[int, Doubt]:
        """The bots whose updates another program has read."""
        return {}

    @abstractmethod
    def as_json(self) -> dict[str, Any]: ...

    @abstractmethod
    def as_line(self) -> str: ...


def seconds(spread: Spread) -> dict[str, float]:
    return {name: ms / 1000 for name, ms in spread._asdict().items()}


def line(name: str, values: Spread, meaning: str) -> str:
    return f"{name:<10}p50 {values.p50} ms, p99 {values.p99} ms, max {values.max} ms  {meaning}"
