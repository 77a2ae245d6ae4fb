"""What must stay true of the code: one home for each outside thing, arrows to the core, files with one purpose."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "storage", "bot", "bench", "migrations")


def _sources(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


def _offenders(pattern: str, paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths if re.search(pattern, path.read_text(encoding="utf-8"))]


def test_arrows_point_to_the_core() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own tool
    assert result.returncode == 0, result.stdout


def test_the_core_has_no_clock_and_no_async() -> None:
    pattern = r"time\.time|monotonic|datetime\.now|\.utcnow|^import time|async def|(?<!\.)\bopen\("
    assert _offenders(pattern, _sources("engine/core")) == []


def test_no_now_decides_in_sql() -> None:
    assert _offenders(r"\bnow\(\)|current_timestamp|localtimestamp", _sources("storage", "migrations")) == []


def test_the_environment_is_read_in_one_place() -> None:
    readers = _offenders(r"os\.environ|getenv", _sources("engine", "storage", "bot"))
    assert [path for path in readers if not path.startswith("engine/local/")] == [
        "engine/bots.py",
        "engine/settings.py",
    ]


def test_keys_are_named_on_one_page() -> None:
    assert _offenders(r"[\"']rt:", _sources("engine", "storage", "bot")) == ["storage/keys.py"]


def test_sql_lives_in_storage() -> None:
    assert _offenders(r"\bSELECT .+ FROM\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b", _sources("engine", "bot")) == []


def test_files_have_one_purpose() -> None:
    long = [path for path in _sources(*ROOMS) if len(path.read_text(encoding="utf-8").splitlines()) > 450]
    assert long == []


def test_nothing_is_left_for_later() -> None:
    word = "TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK"
    assert _offenders(rf"\b({word})\b", _sources(*ROOMS, "tests")) == []


def test_locks_name_no_host() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / lock).read_text(encoding="utf-8")
