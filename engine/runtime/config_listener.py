"""Listens for changed configuration as long as a process lives, whatever happens to the connection."""

from collections.abc import Callable
from functools import partial
from typing import Final

from engine.runtime.service import pause, run_service
from storage.postgres import config_listener
from storage.postgres.pool import Pool

PAUSE_S: Final = 5.0


async def listen(pool: Pool, changed: Callable[[], None]) -> None:
    """Call `changed` at each change, until cancelled."""
    await run_service(partial(config_listener.follow, pool, changed), pause(PAUSE_S), "Changes are not received")
