"""Whatever a library, the interpreter or a warning would print, a process prints where it was and none of its words."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS = "words-of-a-user"
LOUD = {
    "a library's error": "logging.getLogger('aiogram.dispatcher').error('Failed to fetch updates - %s', WORDS)",
    "a library's warning": "logging.getLogger('aiohttp.client').warning(f'Cookie {WORDS}')",
    "an error with its exception": """
try:
    raise ValueError(WORDS)
except ValueError:
    logging.getLogger('asyncpg').exception(f'Row {WORDS}', extra={'row': WORDS}, stack_info=True)
""",
    "a template that does not fit": "logging.getLogger('redis').error('%d', WORDS)",
    "a level of its own": "logging.getLogger('sqlalchemy').log(logging.ERROR + 5, WORDS)",
    "no exception at hand": "logging.getLogger('alembic').exception(WORDS)",
    "a warning": "warnings.warn(f'Detected {WORDS}', RuntimeWarning)",
    "a task that nobody awaits": """
async def fail():
    async def task(words):
        raise ValueError(words)
    asyncio.create_task(task(WORDS), name=WORDS)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()
run(fail())
""",
    "a callback that fails": """
async def fail():
    def callback(words):
        raise ValueError(words)
    asyncio.get_running_loop().call_soon(callback, WORDS)
    await asyncio.sleep(0)
run(fail())
""",
    "the loop's own handler": """
async def report():
    asyncio.get_running_loop().call_exception_handler({'message': WORDS, 'words': WORDS, 'exception': OSError(WORDS)})
run(report())
""",
    "a thread": "thread = threading.Thread(target=int, args=(WORDS,)); thread.start(); thread.join()",
    "a finalizer": """
class Loud:
    def __del__(self):
        raise ValueError(WORDS)
Loud()
""",
    "the end of the process": "raise ValueError(WORDS) from KeyError(WORDS)",
}
PROGRAM = f"""
import asyncio, gc, logging, sys, threading, warnings
import uvloop
from pathlib import Path
from engine.runtime.process import command
from engine.runtime.telemetry import configure
from engine.settings import load_settings

WORDS = "-".join(("words", "of", "a", "user"))
run = asyncio.run if sys.argv[3] == "asyncio" else uvloop.run

@command
def main():
    warnings.simplefilter("always")
    if sys.argv[2]:
        url = "redis://127.0.0.1/0"
        environ = dict(REDIS_URL=url, DATABASE_URL="postgresql://x/x", ENCRYPTION_KEY="{"A" * 43}=")
        configure(load_settings(dict(environ, LOG_FORMAT=sys.argv[2]), Path("none")))
    exec(sys.argv[1], globals())

sys.exit(main())
"""


def printed(deed: str, log_format: str, loop: str = "asyncio") -> str:
    arguments = [sys.executable, "-c", PROGRAM, deed, log_format, loop]
    result = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own program
    return result.stdout + result.stderr


@pytest.mark.parametrize("deed", LOUD.values(), ids=LOUD)
def test_each_line_is_our_log_and_says_where_it_was(deed: str) -> None:
    lines = [json.loads(line) for line in printed(deed, "json").splitlines()]
    assert lines
    assert all(line["event"] and line["level"] in ("warning", "error", "critical") for line in lines)
    assert WORDS not in str(lines)


@pytest.mark.parametrize("deed", LOUD.values(), ids=LOUD)
def test_nothing_is_said_before_the_settings_are_known(deed: str) -> None:
    said = printed(deed, "", "uvloop")
    assert said
    assert WORDS not in said


def test_what_is_harmful_or_repeats_our_log_is_not_said() -> None:
    assert (
        printed("logging.getLogger('aiohttp.access').info(WORDS); logging.getLogger('asyncio').debug(WORDS)", "json")
        == ""
    )
