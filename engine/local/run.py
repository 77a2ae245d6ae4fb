"""`./dev run`: everything on this machine, in one log, until Ctrl-C.

Servers and migrations start first, then receiver, poller and manager. They use Telegram if you set MANAGER_BOT_TOKEN,
BOT_TOKEN or TELEGRAM_API_URL, or once a bot of yours is registered; otherwise the sandbox, whose bots get the example
campaign and a person who plays. What starts first ends last. A second Ctrl-C ends everything at once.
"""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from engine.core.errors import RecoveryError
from engine.local import environment, telegram_or_sandbox
from engine.local.children import Child, child, say, until_one_ends
from engine.local.servers.account import make_dir, server_account
from engine.local.servers.servers import LocalServers
from storage.postgres.migrations import upgrade

_ENGINE = {"receiver": ["engine.receiver"], "poller": ["engine.poller", "--shard", "0"]}
_MANAGER = {"manager": ["bot"]}


def run() -> int:
    """Run until a signal; 0 after an orderly end, 1 if something failed."""
    try:
        _with_servers(environment.given())
    except RecoveryError as error:
        sys.stdout.flush()
        sys.stderr.write(f"{error}\n")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("run", "Everything has ended; your data are kept.")
    return 0


def _with_servers(given: dict[str, str]) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    directory = make_dir(environment.state_dir(given), server_account())
    servers = LocalServers(directory, redis="REDIS_URL" not in given, postgres="DATABASE_URL" not in given)
    with servers:
        ours = {"REDIS_URL": servers.redis_url, "DATABASE_URL": servers.database_url}
        env = environment.complete({**ours, **given}, directory)
        upgrade(env["DATABASE_URL"])
        asyncio.run(_until_signal(directory, env))


async def _until_signal(directory: Path, env: dict[str, str]) -> None:
    work = asyncio.create_task(_with_children(directory, env))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    await work


async def _with_children(directory: Path, env: dict[str, str]) -> None:
    async with AsyncExitStack() as stack:
        plan = await telegram_or_sandbox.prepare(stack, directory, env)
        environment.announce(directory, plan.env)
        children = [*plan.children]
        manager = _MANAGER if "MANAGER_BOT_TOKEN" in plan.env else {}
        for name, arguments in {**_ENGINE, **manager}.items():
            children.append(await stack.enter_async_context(child(name, arguments, plan.env)))
        if plan.person:
            children.append(await stack.enter_async_context(child("person", plan.person, plan.env)))
        if plan.page:
            say("run", f"Page             {plan.page} is where you play the user")
        await _until_one_fails(children)


async def _until_one_fails(children: list[Child]) -> None:
    while True:
        ended, status = await until_one_ends(*children)
        if status or ended.name != "person":
            raise RecoveryError(f"{ended.name} ended with status {status}, so everything ends; its last lines say why.")
        children.remove(ended)
        say("run", "The person stays silent from here on. Ctrl-C ends everything.")
