"""What the engine is asked to bear: how many fall due each second, on which road, and what goes on beside it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

PLAIN: Final = "plain"
BESIDE: Final = "beside"
NULL_SENDER: Final = "null_sender"
RATES: Final = (100, 300, 1_000)
_TOUCHES: Final = 20_000
_ARMED: Final = 1_000_000


class Load(NamedTuple):
    """`touches` a second go to `armed` other chats."""

    name: str
    rates: Sequence[int]
    null_sender: bool = False
    touches: int = 0
    armed: int = 0


ALL: Final = (
    Load(PLAIN, RATES),
    Load(BESIDE, RATES, touches=_TOUCHES, armed=_ARMED),
    Load(NULL_SENDER, RATES[-1:], null_sender=True),
)
QUICK: Final = (ALL[0], ALL[1]._replace(rates=RATES[1:2]), ALL[2])
