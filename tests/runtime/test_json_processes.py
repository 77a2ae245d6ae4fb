"""Where JSON is asked for, each line that a process prints is one JSON object, the refusal at its end included."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.settings import early_log_format
from tests.runtime.test_processes import KEY, NOWHERE, ROOT

COMMANDS = {
    "receiver": ("engine.receiver",),
    "poller": ("engine.poller", "--shard", "0"),
    "manager": ("bot",),
    "release": ("engine", "migrate"),
}
SECRET = "hidden-in-the-address"  # noqa: S105 - made up
BROKEN = {
    "nothing is set": ({"LOG_FORMAT": "json"}, ""),
    "a server that is not there": (
        {**NOWHERE, "LOG_FORMAT": "json", "DATABASE_URL": f"postgresql://x:{SECRET}@127.0.0.1:1/none"},
        "",
    ),
    "a file that names the format": ({}, 'LOG_FORMAT=json\nREDIS_URL="half\n'),
    "a file that names it in quotes": ({}, "REDIS_URL\n  export LOG_FORMAT = 'JSON'  \n"),
    "a file that is not text": ({}, "\udcff\nLOG_FORMAT=json\n"),
    "a wrong value": ({"LOG_FORMAT": "json", "LOG_LEVEL": "loud"}, ""),
}


def printed(command: tuple[str, ...], folder: Path, environ: dict[str, str]) -> tuple[int, list[str]]:
    bare = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    result = subprocess.run(  # noqa: S603 - our own processes
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**bare, "PYTHONPATH": str(ROOT), "ENCRYPTION_KEY": KEY, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return result.returncode, (result.stdout + result.stderr).splitlines()


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        *((command, "a server that is not there") for command in COMMANDS.values()),
        (COMMANDS["receiver"], "a file that is not text"),
    ],
)
def test_a_refused_process_prints_json_alone(command: tuple[str, ...], fault: str, tmp_path: Path) -> None:
    environ, dotenv = BROKEN[fault]
    (tmp_path / ".env").write_bytes(dotenv.encode(errors="surrogateescape"))
    status, lines = printed(command, tmp_path, environ)
    assert status == 1
    assert [json.loads(line)["level"] for line in lines][-1] == "critical"
    assert SECRET not in "".join(lines)


@pytest.mark.parametrize(("environ", "dotenv"), BROKEN.values(), ids=BROKEN)
def test_the_format_is_known_however_broken_the_settings_are(
    environ: dict[str, str], dotenv: str, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_bytes(dotenv.encode(errors="surrogateescape"))
    assert early_log_format(environ, tmp_path / ".env") == "json"


@pytest.mark.parametrize(
    ("environ", "dotenv"),
    [({}, ""), ({}, "# LOG_FORMAT=json\n"), ({}, "LOG_FORMAT=console\n"), ({"LOG_FORMAT": ""}, "LOG_FORMAT=json\n")],
)
def test_people_get_sentences(environ: dict[str, str], dotenv: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
    assert early_log_format(environ, tmp_path / ".env") == "console"
    assert early_log_format(environ, tmp_path / "none") == "console"


def test_a_command_answers_whoever_typed_it(tmp_path: Path) -> None:
    status, lines = printed(("engine", "bots", "list"), tmp_path, {"LOG_FORMAT": "json"})
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith("REDIS_URL is not set")
