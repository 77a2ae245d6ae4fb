"""`python -m bench.sandbox`: serve until SIGTERM or SIGINT. One JSON line on stdout says where."""

import argparse
import asyncio
import gc
import json
import signal
import sys

import msgspec
import uvloop

from bench.sandbox.arguments import engine_observer, limits_of, read_arguments
from bench.sandbox.control.watched_chats import Observer, ObserverError, load_observer
from bench.sandbox.people.scripts import ScriptError, read_script
from bench.sandbox.server import Sandbox
from bench.sandbox.world.retention import DEFAULT_BOUNDS

_NEW_OBJECTS = 50_000


def _observer(given: argparse.Namespace) -> Observer | None:
    """Load the observer that was asked for, or the engine's if it can be asked; raises ObserverError for the first."""
    if given.watch is not None:
        return load_observer(given.watch)
    engine = engine_observer()
    try:
        return load_observer(engine) if engine else None
    except ObserverError as error:
        print(f"The page shows no engine: {error}", file=sys.stderr, flush=True)
        return None


async def _serve(given: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    sandbox = Sandbox(
        given.bots,
        record=given.record,
        seed=given.seed,
        port=given.port,
        control_port=given.control_port,
        webhook_second=given.webhook_second,
        first_person=given.first_person,
        observer=_observer(given),
        limits=limits_of(given),
        scripts=[read_script(path) for path in given.script],
        bounds=DEFAULT_BOUNDS._replace(rows=given.keep_rows, messages=given.keep_messages),
    )
    async with sandbox:
        ready = {
            "api_url": sandbox.api_url,
            "control_url": sandbox.control_url,
            "bots": msgspec.to_builtins(sandbox.bots),
        }
        print(json.dumps(ready), flush=True)
        await stopped.wait()


def _spare_the_collector() -> None:
    """Collect rarely: nearly everything that a run makes is kept and has no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 50, 100)


def main() -> None:
    given = read_arguments()
    _spare_the_collector()
    try:
        uvloop.run(_serve(given))
    except ObserverError as error:
        sys.exit(f"The sandbox cannot watch: {error}")
    except msgspec.ValidationError as error:
        sys.exit(f"The limits are invalid: {error}")
    except (ScriptError, LookupError) as error:
        sys.exit(f"The script cannot be played: {error}")
    except OSError as error:
        sys.exit(f"The sandbox cannot start: {error}")


if __name__ == "__main__":
    main()
