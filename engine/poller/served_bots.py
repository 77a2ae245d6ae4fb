"""What a poller knows about the bots it serves: tokens, pace, state and campaigns, read again every second."""

from typing import NamedTuple

from engine.core.bot_identity import Speaker
from engine.core.campaign.snapshot import Snapshot
from engine.core.delivery.lane_state import LaneState, lane_state
from engine.core.delivery.silence_due import Pause
from engine.core.errors import CampaignError, SettingsError, UnreachableError
from engine.poller.pauses import pauses_of
from engine.runtime.telemetry import logger
from engine.runtime.version_cache import VersionCache
from engine.security.vault import Vault
from storage.postgres import poller_bots
from storage.postgres.poller_bots import BotRow
from storage.postgres.pool import Pool


class Doubt(NamedTuple):
    """Another program may have taken signs of life until `until_ms`; `over_ms` None: it still may.

    From `over_ms` on, a silence that is long enough has begun since, so nothing is sent before.
    """

    until_ms: int
    over_ms: int | None

    def holds(self, now_ms: int) -> bool:
        return self.over_ms is None or now_ms < self.over_ms


class Served(NamedTuple):
    """One bot as its lane sees it. `newest` is None if nothing is published."""

    bot_id: int
    username: str
    token: str
    pace: int
    state: LaneState
    newest_version: int
    newest: Snapshot | None
    activated_at_ms: int
    sealed_token: bytes = b""
    paid_broadcast: bool = False
    replan: int = 0
    """The newest replan that was requested."""
    pauses: tuple[Pause, ...] = ()
    """Those that are over."""
    doubt: Doubt | None = None
    suspended: bool = False
    """Telegram refuses the token."""

    @property
    def arms(self) -> bool:
        """Whether silences of its chats are timed."""
        return bool(self.activated_at_ms) and self.state is not LaneState.DRAINING

    @property
    def speaker(self) -> Speaker:
        return Speaker(self.bot_id, self.username, self.token, self.paid_broadcast)


class ServedBots:
    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault
        self._versions = VersionCache(pool)
        self._by_row: dict[BotRow, Served] = {}
        self.bots: dict[int, Served] = {}
        self.clocks_apart = False
        """Redis and PostgreSQL disagree about the time: every lane is shut."""
        self.out_of_reach = False
        """PostgreSQL could not be read the last time: every lane is shut."""

    async def refresh(self) -> None:
        """Read the bots again. Raises UnreachableError; what was known stays.

        A bot whose row is as it was is not opened again: what its row leads to never changes.
        """
        try:
            await self._read()
        except UnreachableError:
            self.out_of_reach = True
            raise
        self.out_of_reach = False

    async def _read(self) -> None:
        rows = await poller_bots.list_bots(self._pool)
        served = {row: self._by_row.get(row) or await self._served_or_none(row) for row in rows}
        self._by_row = {row: bot for row, bot in served.items() if bot}
        self.bots = {bot.bot_id: bot for bot in self._by_row.values()}

    async def version(self, bot_id: int, number: int) -> Snapshot | None:
        """A published version, or None if it does not exist."""
        return await self._versions.version(bot_id, number)

    async def _served_or_none(self, row: BotRow) -> Served | None:
        """An unreadable token or document of one bot must not stop the others."""
        try:
            return await self._served(row)
        except (SettingsError, CampaignError) as error:
            logger().error("Bot is not served", bot=row.username, error=error)
            return None

    async def _served(self, row: BotRow) -> Served:
        number = row.published_version or 0
        newest = await self.version(row.bot_id, number)
        held = row.emergency_stop or row.resuming
        state = lane_state(row.status, row.campaign_state, published=newest is not None, held=held)
        return Served(
            row.bot_id,
            row.username,
            self._vault.decrypt(row.token),
            row.pace,
            state,
            number,
            newest,
            row.activated_at_ms or 0,
            row.token,
            row.paid_broadcast,
            row.replan,
            await self._pauses(row),
            _doubt(row, newest),
            row.status == "suspended",
        )

    async def _pauses(self, row: BotRow) -> tuple[Pause, ...]:
        """They change only when a replan is requested."""
        known = self.bots.get(row.bot_id)
        if known and known.replan == row.replan:
            return known.pauses
        return await pauses_of(self._pool, row.bot_id, row.replan) if row.replan else ()


def _doubt(row: BotRow, newest: Snapshot | None) -> Doubt | None:
    if row.doubted_until_ms is None or newest is None:
        return None
    return Doubt(row.doubted_until_ms, None if row.contested else row.held_until_ms)
