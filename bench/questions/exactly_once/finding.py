"""What a disturbance of a run leaves behind for the verdict. Each kind stands in the file of its disturbance."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from bench.questions.exactly_once.judge import Spread


class Finding(ABC):
    kills: ClassVar[bool] = False
    """Connections break: of what was seen broken off nobody can say whether it was taken down."""

    @property
    def holds(self) -> bool:
        """The engine coped with it as promised."""
        return True

    @property
    def doubtful(self) -> int:
        """Of how many sends beside those it may leave in doubt whether they arrived."""
        return 0

    @abstractmethod
    def as_json(self) -> dict[str, Any]: ...

    @abstractmethod
    def as_line(self) -> str: ...


def seconds(spread: Spread) -> dict[str, float]:
    return {name: ms / 1000 for name, ms in spread._asdict().items()}


def line(name: str, values: Spread, meaning: str) -> str:
    return f"{name:<10}p50 {values.p50} ms, p99 {values.p99} ms, max {values.max} ms  {meaning}"
