"""Whether a run uses Telegram, or the sandbox with its bots, the example campaign and a person.

The sandbox's bots are registered like any others. Their ids are kept in a file, so that the next run can tell them from
yours: as soon as one of yours is registered, the run uses Telegram.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.administration import registration
from engine.local.children import Child, say
from engine.local.example import give_example
from engine.local.sandbox import Ready, SandboxBot, add_spare_bot, hire_manager, running_sandbox
from engine.local.secret_file import write_secret
from engine.settings import Secret, load_settings
from storage.postgres import poller_bots
from storage.postgres.pool import open_pool

_FOR_TELEGRAM = ("MANAGER_BOT_TOKEN", "BOT_TOKEN", "TELEGRAM_API_URL")
_ROUNDS = "2"  # then the person stays silent, so that a whole sequence is seen


class RunPlan(NamedTuple):
    """The environment of all children, and what runs beside the engine."""

    env: dict[str, str]
    children: Sequence[Child] = ()
    person: Sequence[str] = ()
    page: str = ""


async def prepare(stack: AsyncExitStack, directory: Path, env: dict[str, str]) -> RunPlan:
    noted = directory / "sandbox-bots.json"
    registered = await _registered(env["DATABASE_URL"])
    if any(name in env for name in _FOR_TELEGRAM) or registered - _noted(noted):
        return await _telegram(env, registered)
    env = {"MIN_THRESHOLD_SECONDS": "1", **env}
    sandbox, ready = await stack.enter_async_context(running_sandbox(directory, env))
    manager, spare = await hire_manager(ready.control_url), await add_spare_bot(ready.control_url)
    write_secret(noted, msgspec.json.encode([bot.id for bot in (*ready.bots, spare)]).decode())
    env["TELEGRAM_API_URL"] = ready.api_url
    await _cast(ready, registered, env)
    env |= {"MANAGER_BOT_TOKEN": manager.token, "ADMIN_IDS": str(manager.admin_id)}
    say("run", f"Manager          {manager.page} is where you play the admin")
    say("run", f"Spare bot        @{spare.username}: copy its token on the page, and add it in the manager")
    person = ["bench.sandbox.demo", "--control", ready.control_url, "--rounds", _ROUNDS]
    return RunPlan(env, [sandbox], person, f"{ready.control_url}/")


async def _telegram(env: dict[str, str], registered: set[int]) -> RunPlan:
    if "BOT_TOKEN" in env:
        await _register(env, env["BOT_TOKEN"])
    elif not registered:
        say("run", "No bot is registered yet: start again with BOT_TOKEN set to its token.")
    return RunPlan({name: value for name, value in env.items() if name != "BOT_TOKEN"})


async def _cast(ready: Ready, registered: set[int], env: dict[str, str]) -> None:
    for bot in ready.bots:
        if bot.id not in registered:
            await _register(env, bot.token)
    await _example(ready.bots, env)
    say("run", f"Sandbox          {ready.api_url} is its Bot API, {ready.control_url} its people")


async def _register(env: dict[str, str], token: str) -> None:
    bot = await registration.add(load_settings(env), Secret(token))
    say("run", f"@{bot.username} is registered")


async def _example(cast: Sequence[SandboxBot], env: dict[str, str]) -> None:
    pool = await open_pool(env["DATABASE_URL"])
    try:
        await give_example(pool, [bot.username for bot in cast], load_settings(env).min_threshold_ms)
    finally:
        await pool.close()


async def _registered(database_url: str) -> set[int]:
    pool = await open_pool(database_url)
    try:
        return {bot.bot_id for bot in await poller_bots.list_bots(pool)}
    finally:
        await pool.close()


def _noted(path: Path) -> set[int]:
    return msgspec.json.decode(path.read_bytes(), type=set[int]) if path.exists() else set()
