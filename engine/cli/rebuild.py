"""`python -m engine rebuild`: puts the timers in Redis back from PostgreSQL, by hand.

Pollers do so by themselves when Redis has lost its timers. This is for whoever does not trust what Redis has: after a
backup of it was put back, or somebody has deleted keys.
"""

from typing import Annotated

from cyclopts import Parameter

from engine.administration.lookup import no_bot, plain
from engine.cli.shared import OneBot, counted, noun, one_or_all, open_servers, progress, say
from engine.core.errors import RecoveryError
from engine.poller.rebuild_by_hand import Rebuilt, rebuild_by_hand
from storage.postgres import poller_bots
from storage.postgres.poller_bots import BotRow

app = noun("rebuild", "rebuild --bot @shop_bot")


@app.default(validator=one_or_all)
async def rebuild(
    *, bot: OneBot = None, every: Annotated[bool, Parameter("--all", help="Every bot, one after the other.")] = False
) -> None:
    async with open_servers() as servers:
        for row in _chosen(await poller_bots.list_bots(servers.pool), None if every else bot):
            with progress(f"@{row.username}: {{}} chats looked at ...") as looked_at:
                rebuilt = await rebuild_by_hand(servers.pool, servers.redis, row, looked_at)
            say(_said(row, rebuilt))


def _chosen(rows: list[BotRow], bot: str | None) -> list[BotRow]:
    """Raises RecoveryError if there is none."""
    if bot is None:
        if not rows:
            raise RecoveryError("There is no bot: `python -m engine bots add` registers one.")
        return rows
    chosen = [row for row in rows if row.username.lower() == plain(bot).lower()]
    if not chosen:
        raise no_bot(bot)
    return chosen


def _said(row: BotRow, rebuilt: Rebuilt | None) -> str:
    if rebuilt is None:
        return f"@{row.username}: no campaign waits for anybody, so there are no timers."
    return f"@{row.username}: the timers are whole; {counted(rebuilt.chats, 'chat')}, {rebuilt.restored} put back."
