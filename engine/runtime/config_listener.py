"""Hears of changed configuration for as long as a process lives, whatever becomes of the connection."""

import asyncio
from collections.abc import Callable
from typing import Final

from engine.core.errors import RecoveryError
from engine.runtime.process import told_to_end
from engine.runtime.telemetry import logger
from storage.postgres import config_listener
from storage.postgres.pool import Pool

PAUSE_S: Final = 5.0


async def hear(pool: Pool, changed: Callable[[], None]) -> None:
    """Call `changed` at each change, until cancelled."""
    while not told_to_end():
        try:
            await config_listener.follow(pool, changed)
        except RecoveryError as error:
            logger().warning("Changes are not told", error=str(error))
        except Exception:  # noqa: BLE001 - a failed turn never ends the loop
            logger().exception("Changes are not told")
        await asyncio.sleep(PAUSE_S)
