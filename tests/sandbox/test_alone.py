"""The sandbox without the product: it imports nothing of it, and serves where none of it is installed."""

import json
import os
import subprocess
import sys

import pytest

from bench.sandbox.control.engine_watch import EngineObserver
from bench.sandbox.control.watched_chats import ObserverError, load_observer

_REFUSE = """
import importlib, importlib.abc, pkgutil, sys

REFUSED = {"engine", "storage", "bot", "aiogram", "pydantic", "redis", "asyncpg", "sqlalchemy", "cryptography"}

class Refusal(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refusal())
"""
_IMPORT_ALL = """
import bench.sandbox

PLUG = "bench.sandbox.control.engine_watch"
for module in pkgutil.walk_packages(bench.sandbox.__path__, "bench.sandbox."):
    if module.name != PLUG:
        importlib.import_module(module.name)
"""
_SERVE = """
import asyncio, json, urllib.request
from bench.sandbox import Sandbox

def ask(address):
    with urllib.request.urlopen(address) as answer:
        return json.load(answer)

async def main():
    async with Sandbox(bots=1) as sandbox:
        address = f"{sandbox.api_url}/bot{sandbox.bots[0].token}/getMe"
        print(json.dumps(await asyncio.to_thread(ask, address)))

asyncio.run(main())
"""
_MAIN = """
from bench.sandbox.__main__ import main

sys.argv = ["telegram-sandbox", "--bots", "1", *sys.argv[1:]]
main()
"""
_SERVERS = {"REDIS_URL": "redis://127.0.0.1:1/0", "DATABASE_URL": "postgresql://n:n@127.0.0.1:1/none"}


def run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _REFUSE + program]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program


def test_every_module_but_the_plug_can_be_imported_without_the_product() -> None:
    ended = run(_IMPORT_ALL)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_it_serves_without_the_product() -> None:
    ended = run(_SERVE)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["result"]["username"] == "shop_bot"


def test_an_engine_that_is_not_installed_is_named_and_not_needed() -> None:
    command = [sys.executable, "-c", _REFUSE + _MAIN]
    environment = {**os.environ, **_SERVERS}
    with subprocess.Popen(  # noqa: S603 - our own program
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["bots"]
        process.terminate()
        _, err = process.communicate()
    assert process.returncode == 0
    assert err.startswith("The page shows no engine: ")
    assert "No module named 'engine'" in err


def test_a_missing_observer_that_was_asked_for_ends_the_sandbox() -> None:
    ended = run(_MAIN.replace("*sys.argv[1:]", '"--watch", "nowhere:nothing"'))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == ("The sandbox cannot watch: nowhere:nothing cannot be loaded: No module named 'nowhere'\n")


def test_the_engines_observer_is_loaded_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "bench.sandbox.control.engine_watch:from_environment"
    monkeypatch.delenv("REDIS_URL", raising=False)
    with pytest.raises(ObserverError, match="REDIS_URL is not set"):
        load_observer(name)
    for variable, value in {**_SERVERS, "ENCRYPTION_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}.items():
        monkeypatch.setenv(variable, value)
    assert isinstance(load_observer(name), EngineObserver)
