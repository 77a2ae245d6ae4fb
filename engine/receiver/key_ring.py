"""The keys of the HTTP API that are good now, read again with each turn of the receiver, and when they were last used.

A key ends by Redis's clock, like everything else that is due. Its uses are gathered, and written behind the requests: a
receiver that is killed forgets those of its last minute.
"""

import time
from typing import Final

from engine.core.errors import UnreachableError
from engine.runtime.server_clock import ServerClock
from engine.runtime.telemetry import logger
from storage.postgres import api_keys
from storage.postgres.api_keys import ActiveKey
from storage.postgres.pool import Pool
from storage.postgres.statements import PAGE
from storage.redis.client import Redis
from storage.redis.server_clock import server_now_ms

WRITE_S: Final = 60.0
"""How often the last uses are written."""


class KeyRing:
    def __init__(self, pool: Pool, client: Redis) -> None:
        self._pool = pool
        self._client = client
        self._clock: ServerClock | None = None
        self._keys: dict[bytes, ActiveKey] = {}
        self._used_ms: dict[int, int] = {}
        self._written_at = time.monotonic()

    def find(self, key_hash: bytes) -> ActiveKey | None:
        return self._keys.get(key_hash)

    def is_over(self, key: ActiveKey) -> bool:
        """Whether the key has ended."""
        return key.expires_at_ms is not None and self._now_ms() >= key.expires_at_ms

    def note_use(self, key: ActiveKey) -> None:
        self._used_ms[key.key_id] = self._now_ms()

    async def run_once(self) -> None:
        """Read the keys and the clock again; once a minute, write the uses. Raises UnreachableError."""
        self._keys = {key.hash: key for key in await api_keys.list_live(self._pool)}
        now_ms = await server_now_ms(self._client)
        if self._clock is None:
            self._clock = ServerClock(now_ms)
        self._clock.hear(now_ms)
        if time.monotonic() - self._written_at >= WRITE_S:
            await self.write_uses()

    async def write_uses(self) -> None:
        """Raises UnreachableError; then they are kept for the next time."""
        self._written_at = time.monotonic()
        used, self._used_ms = self._used_ms, {}
        try:
            for start in range(0, len(used), PAGE):
                await api_keys.note_uses(self._pool, dict(list(used.items())[start : start + PAGE]))
        except UnreachableError:
            self._used_ms = used | self._used_ms
            raise

    async def close(self) -> None:
        """Write the last uses, if PostgreSQL takes them."""
        try:
            await self.write_uses()
        except UnreachableError as error:
            logger().warning("Last uses of keys not written", error=error)

    def _now_ms(self) -> int:
        """No key is known before the clock is, but for a moment: then none has ended."""
        return self._clock.now_ms() if self._clock else 0
