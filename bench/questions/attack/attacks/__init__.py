"""The attacks, one a file. Each goes on until it is cancelled, and counts what it did."""

from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeAlias

from bench.questions.attack.attacks import gzip_bombs, half_open, invented, malformed, strangers
from bench.questions.attack.target import Target

Attack: TypeAlias = Callable[[Target, Counter[str]], Coroutine[Any, Any, None]]

ATTACKS: Final[Mapping[str, Attack]] = {
    "gzip": gzip_bombs.attack,
    "half-open": half_open.attack,
    "malformed": malformed.attack,
    "strangers": strangers.attack,
    "invented": invented.attack,
}
