"""What must stay true of the code: one home for each outside thing, arrows to the core, files with one purpose."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "storage", "bot", "bench", "migrations")
PURE = {
    *("collections", "collections.abc", "contextlib", "dataclasses", "enum", "functools", "typing"),
    *("datetime", "zoneinfo", "importlib.resources"),  # the zones come with a package, as data
    *(
        "difflib",
        "html",
        "itertools",
        "math",
        "msgspec",
        "msgspec.structs",
        "re",
        "statistics",
        "string",
        "struct",
        "unicodedata",
        "urllib.parse",
        "zlib",
    ),
}
"""All that the core may import from outside: it computes, and asks nobody."""


def _sources(*rooms: str, kind: str = "py") -> list[Path]:
    found = [path for room in rooms for path in sorted((ROOT / room).rglob(f"*.{kind}"))]
    assert found
    return found


def _offenders(pattern: str, paths: list[Path], flags: int = 0) -> list[str]:
    wanted = re.compile(pattern, flags)
    return [str(path.relative_to(ROOT)) for path in paths if wanted.search(path.read_text(encoding="utf-8"))]


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    return plain | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def _importers(library: str, *rooms: str) -> set[str]:
    return {
        str(path.relative_to(ROOT).parent)
        for path in _sources(*rooms)
        if any(name.split(".")[0] == library for name in _imports(path))
    }


def test_arrows_point_to_the_core() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own tool
    assert result.returncode == 0, result.stdout


def test_the_core_imports_only_what_computes() -> None:
    for path in _sources("engine/core"):
        outside = {name for name in _imports(path) if not name.startswith("engine.core")}
        assert outside <= PURE, path.name


def test_the_core_has_no_clock_and_no_async() -> None:
    pattern = r"time\.time|monotonic|\.now\(|\.utcnow|\.today\(|async def|(?<!\.)\bopen\("
    assert _offenders(pattern, _sources("engine/core")) == []


def test_no_now_decides_in_sql() -> None:
    clocks = (
        r"\bnow\(\)|(current|local)_?(timestamp|date|time)\b|\b(clock|statement|transaction)_timestamp|\btimeofday\b"
    )
    paths = [*_sources("storage", "migrations"), *_sources("storage", kind="sql")]
    assert _offenders(clocks, paths, re.IGNORECASE) == ["storage/postgres/pool.py"]


def test_the_clock_of_postgresql_is_asked_in_one_place() -> None:
    """To compare it with the clock of Redis, and to date a stop while Redis is down."""
    text = (ROOT / "storage/postgres/pool.py").read_text(encoding="utf-8")
    assert len(re.findall(r"clock_timestamp\(\)", text)) == 1


def test_the_environment_is_read_in_one_place() -> None:
    """And by the two doors of what is no setting: the local servers, and a bot's token as it is added."""
    readers = _offenders(r"\benviron\b|getenv", _sources("engine", "storage", "bot"))
    assert [path for path in readers if not path.startswith("engine/local/")] == [
        "engine/cli/bots.py",
        "engine/settings.py",
    ]
    bots = (ROOT / "engine/cli/bots.py").read_text(encoding="utf-8")
    assert re.findall(r"environ\S*", bots) == ['environ.get("BOT_TOKEN")']


def test_keys_are_named_on_one_page() -> None:
    assert _offenders(r"[\"']rt:", _sources("engine", "storage", "bot")) == ["storage/redis/keys.py"]
    assert _offenders(r"rt:", _sources("lua", kind="lua")) == []


def test_sql_lives_in_storage() -> None:
    sql = r"\bSELECT\s[^\"]*?\sFROM\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b|\bDELETE FROM\b"
    assert _offenders(sql, _sources("engine", "bot")) == []


def test_redis_and_postgresql_are_reached_through_storage() -> None:
    """Each by its own door; `storage/chat_status.py` looks through both."""
    postgres = {"storage", "storage/postgres", "storage/postgres/deliveries", "storage/postgres/schema"}
    doors = {"redis": {"storage", "storage/redis"}, "asyncpg": postgres, "sqlalchemy": postgres, "alembic": postgres}
    for library, door in doors.items():
        assert _importers(library, "engine", "bot", "storage") <= door, library


def test_a_file_has_one_purpose() -> None:
    paths = [*_sources(*ROOMS, "tests"), *_sources("lua", kind="lua")]
    assert [str(path) for path in paths if len(path.read_text(encoding="utf-8").splitlines()) > 500] == []


def test_nothing_is_left_for_later() -> None:
    word = "TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK"
    paths = [*_sources(*ROOMS, "tests"), *_sources("lua", kind="lua")]
    assert _offenders(rf"\b({word})\b", paths) == []


def test_locks_name_no_host() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


def test_no_call_with_a_token_in_its_address_follows_a_redirect() -> None:
    """The Bot API is called in one room; the sandbox, which runs beside `./dev run`, is asked without a token."""
    asks = r"session\.(?:get|post|put|delete|patch|head|options|request|ws_connect)\("
    callers = _offenders(asks, _sources("engine", "storage", "bot"))
    ours = [path for path in callers if path != "engine/local/sandbox.py"]
    assert {str(Path(path).parent) for path in ours} == {"engine/telegram"}
    for path in ours:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert len(re.findall(asks, text)) == len(re.findall(r"allow_redirects\W+False", text)), path


@pytest.mark.parametrize("process", ["engine.receiver.__main__", "engine.poller.__main__"])
def test_a_process_loads_only_what_it_runs(process: str) -> None:
    """The models of aiogram take 130 MiB, SQLAlchemy and Alembic 28."""
    heavy = {"aiogram", "pydantic", "sqlalchemy", "alembic", "mako", "yaml", "cyclopts", "imagesize", "filetype"}
    program = f"import {process}, sys; print(*sorted({heavy!r} & sys.modules.keys()))"
    assert subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True) == "\n"  # noqa: S603 - our own program
