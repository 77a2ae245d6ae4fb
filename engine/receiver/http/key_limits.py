"""How much a key of the HTTP API may ask for: requests and signs of life in a second, each with a burst.

A bot of 100,000 people that answers 30 messages a second, which is what Telegram lets it send, reports far less than a
hundred requests in a second, and may report all its people at once every hundred seconds. Each receiver counts by
itself: behind several receivers a key may ask for as many times more.
"""

import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, NamedTuple

from aiohttp import hdrs

from engine.receiver.http.refusal import Refusal

FORGET_BEYOND: Final = 1_000
"""Keys of which nothing is under way any more are forgotten when there are more than so many."""


class Limit(NamedTuple):
    """`burst` at once, and then `rate` a second."""

    name: str
    rate: int
    burst: int


REQUESTS: Final = Limit("requests", rate=100, burst=1_000)
ACTIVITIES: Final = Limit("activities", rate=1_000, burst=100_000)


class Allowance:
    """What is left of a limit; it begins whole."""

    def __init__(self, limit: Limit, now_s: float) -> None:
        self.limit = limit
        self._left = float(limit.burst)
        self._at_s = now_s

    def take(self, wanted: int, now_s: float) -> float:
        """Take them if they are there, and return 0; else the seconds until they are."""
        self._fill(now_s)
        if wanted > self._left:
            return (wanted - self._left) / self.limit.rate
        self._left -= wanted
        return 0.0

    def is_whole(self, now_s: float) -> bool:
        self._fill(now_s)
        return self._left >= self.limit.burst

    def describe(self, now_s: float) -> str:
        """As the draft of the IETF's RateLimit header writes it: what is left, and the seconds until all is back."""
        self._fill(now_s)
        whole_s = math.ceil((self.limit.burst - self._left) / self.limit.rate)
        return f'"{self.limit.name}";r={int(self._left)};t={whole_s}'

    def _fill(self, now_s: float) -> None:
        self._left = min(self.limit.burst, self._left + max(0.0, now_s - self._at_s) * self.limit.rate)
        self._at_s = now_s


class KeyLimits:
    def __init__(
        self, elapsed_s: Callable[[], float], requests: Limit = REQUESTS, activities: Limit = ACTIVITIES
    ) -> None:
        self._elapsed_s = elapsed_s
        self._limits = (requests, activities)
        self._of_keys: dict[int, tuple[Allowance, Allowance]] = {}

    def ask(self, key_id: int) -> None:
        """Count a request. Raises Refusal."""
        self._take(self._of(key_id)[0], 1)

    def report(self, key_id: int, activities: int) -> None:
        """Count so many signs of life. Raises Refusal."""
        self._take(self._of(key_id)[1], activities)

    def headers(self, key_id: int) -> dict[str, str]:
        policy = ", ".join(f'"{name}";q={burst};w={burst // rate}' for name, rate, burst in self._limits)
        now_s = self._elapsed_s()
        left = ", ".join(allowance.describe(now_s) for allowance in self._of(key_id))
        return {"RateLimit-Policy": policy, "RateLimit": left}

    def _take(self, allowance: Allowance, wanted: int) -> None:
        wait_s = allowance.take(wanted, self._elapsed_s())
        if wait_s:
            name, rate, burst = allowance.limit
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"A key may send {burst} {name} at once and {rate} a second: repeat the request after Retry-After"
                " seconds, which is safe.",
                {hdrs.RETRY_AFTER: str(math.ceil(wait_s))},
                over_limit=True,
            )

    def _of(self, key_id: int) -> tuple[Allowance, Allowance]:
        now_s = self._elapsed_s()
        if key_id not in self._of_keys:
            if len(self._of_keys) >= FORGET_BEYOND:
                self._of_keys = {
                    key: own for key, own in self._of_keys.items() if not all(a.is_whole(now_s) for a in own)
                }
            requests, activities = self._limits
            self._of_keys[key_id] = Allowance(requests, now_s), Allowance(activities, now_s)
        return self._of_keys[key_id]
