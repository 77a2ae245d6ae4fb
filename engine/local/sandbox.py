"""The sandbox as a child process, used through its command line and the one line it prints; never imported."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import aiohttp
import msgspec

from engine.core.errors import RecoveryError
from engine.local.children import Child, child
from engine.local.servers.ports import settled_port

_BOTS = 3
_FIRST_PERSON = 5_000_000_001
_PEOPLE_A_SECOND = 10
_MANAGER = "manager_bot"
_SPARE = "spare_bot"

_Answer = TypeVar("_Answer")


class SandboxBot(msgspec.Struct, frozen=True):
    id: int
    username: str
    token: str


class Ready(msgspec.Struct, frozen=True):
    api_url: str
    control_url: str
    bots: tuple[SandboxBot, ...]


class SandboxManager(msgspec.Struct, frozen=True):
    """The bot that admins talk to, an admin, and the page on which you play them."""

    token: str
    admin_id: int
    page: str


class _Person(msgspec.Struct, frozen=True):
    id: int


@asynccontextmanager
async def running_sandbox(state_dir: Path, env: Mapping[str, str]) -> AsyncIterator[tuple[Child, Ready]]:
    """Run it on the same ports as last time if they are free; its bots and their tokens are always the same.

    Its people are new each time, because the engine remembers what those of the last run did.
    """
    ports = {
        "--port": settled_port(state_dir / "sandbox.port"),
        "--control-port": settled_port(state_dir / "sandbox-control.port"),
    }
    newcomers = {"--bots": _BOTS, "--first-person": _FIRST_PERSON + _PEOPLE_A_SECOND * int(time.time())}
    arguments = [word for name, number in {**newcomers, **ports}.items() for word in (name, str(number))]
    async with child("sandbox", ["bench.sandbox", *arguments], env) as sandbox:
        yield sandbox, _ready(await sandbox.first_line())


def _ready(line: str) -> Ready:
    try:
        return msgspec.json.decode(line, type=Ready)
    except msgspec.DecodeError:
        raise RecoveryError(f"The sandbox did not start; it printed: {line}") from None


async def hire_manager(control_url: str) -> SandboxManager:
    """Add a bot for the manager, and an admin who starts it. Raises RecoveryError."""
    async with aiohttp.ClientSession(control_url) as session:
        bot = await _ask(session, "/bots", {"username": _MANAGER}, SandboxBot)
        (admin,) = await _ask(session, "/people", {"count": 1, "names": ["Marina"]}, tuple[_Person])
        await _ask(session, "/acts", [{"deed": "start", "bot": _MANAGER, "person": admin.id}], list[object])
    return SandboxManager(bot.token, admin.id, f"{control_url}/#{_MANAGER}/{admin.id}")


async def add_spare_bot(control_url: str) -> SandboxBot:
    """Add a bot that the engine does not know, so that an admin can try connecting one. Raises RecoveryError."""
    async with aiohttp.ClientSession(control_url) as session:
        return await _ask(session, "/bots", {"username": _SPARE}, SandboxBot)


async def _ask(session: aiohttp.ClientSession, path: str, wanted: object, kind: type[_Answer]) -> _Answer:
    try:
        async with session.post(path, data=msgspec.json.encode(wanted)) as response:
            return msgspec.json.decode(await response.read(), type=kind)
    except (aiohttp.ClientError, msgspec.DecodeError) as error:
        raise RecoveryError(f"The sandbox did not accept {path} ({error}): its lines above say why.") from error
