"""Those who read the whole database while the engine sends: one long transaction, and backups one after the other."""

import asyncio
from typing import Final

import asyncpg

from engine.core.errors import RecoveryError
from engine.local.servers.account import server_account
from engine.local.servers.wheels import postgres_bin

_TABLES: Final = """
SELECT string_agg(quote_ident(relname), ', ') FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""


async def read_everything(database_url: str, seconds: float) -> None:
    """Hold the lock of a reader on every table, in one transaction, as a report does."""
    connection = await asyncpg.connect(database_url, server_settings={"application_name": "report"})
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {await connection.fetchval(_TABLES)} IN ACCESS SHARE MODE")
            await asyncio.sleep(seconds)
    finally:
        await connection.close()


class Backups:
    """How many have been made."""

    def __init__(self) -> None:
        self.made = 0

    async def run(self, database_url: str) -> None:
        """Backup after backup, until cancelled. Raises RecoveryError."""
        program = postgres_bin(server_account()) / "pg_dump"
        while True:
            await _back_up(str(program), database_url)
            self.made += 1


async def _back_up(program: str, database_url: str) -> None:
    words = ("--format=custom", "--no-sync", "--file=/dev/null", f"--dbname={database_url}")
    dump = await asyncio.create_subprocess_exec(program, *words, stderr=asyncio.subprocess.PIPE)
    try:
        _, said = await dump.communicate()
    finally:
        if dump.returncode is None:
            dump.kill()
            await dump.wait()
    if dump.returncode:
        raise RecoveryError(f"pg_dump ended with status {dump.returncode}: {said.decode(errors='replace')}")
