"""`python -m engine media`: what an operator types, and what is answered."""

import hashlib
import json
from pathlib import Path
from typing import Final

import pytest
from redis.asyncio import Redis

from engine.__main__ import run
from tests.media import files

KEY: Final = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
NAMED: Final = f"photo:{hashlib.sha256(files.PNG).hexdigest()}"
FAR_S: Final = 4_000_000_000


@pytest.fixture
def cat(redis_url: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture; the environment is that of a whole installation."""
    monkeypatch.chdir(tmp_path)
    told = {"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": KEY}
    for name, value in {**told, "MEDIA_DIR": str(tmp_path / "media")}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "cat.png").write_bytes(files.PNG)
    return tmp_path / "cat.png"


def test_a_file_that_is_added_is_named_and_listed(cat: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["media", "add", str(cat), "--kind", "photo"]) == 0
    assert capsys.readouterr().out == f"{NAMED}\n"
    assert run(["media", "list"]) == 0
    assert capsys.readouterr().out == f"{NAMED}  54.0 KB  image/png  cat.png\n"


async def later(_: Redis) -> tuple[int, int]:
    return FAR_S, 0


def test_what_is_unused_is_told_and_goes_when_it_is_meant(
    cat: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(["media", "add", str(cat), "--kind", "photo"])
    run(["media", "prune"])
    assert capsys.readouterr().out == f"{NAMED}\nNothing is unused.\n"
    monkeypatch.setattr(Redis, "time", later)
    for arguments, words in (
        (["prune"], "Unused: 1.\n`prune --yes` removes them."),
        (["prune", "--yes"], "Removed: 1."),
    ):
        assert run(["media", *arguments]) == 0
        assert capsys.readouterr().out == f"{NAMED}  54.0 KB  image/png  cat.png\n{words}\n"
    run(["media", "list"])
    assert capsys.readouterr().out == ""


def test_a_refusal_is_one_sentence_and_status_1(cat: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["media", "add", str(cat), "--kind", "video"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["add", "cat.png", "--kind", "photo"], ["prune"]])
def test_without_a_directory_the_mend_is_told(
    cat: Path, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cat.exists()
    monkeypatch.delenv("MEDIA_DIR")
    assert run(["media", *arguments]) == 1
    assert "MEDIA_DIR is not set: name a directory" in capsys.readouterr().err


def test_programs_read_the_list_and_what_is_unused(cat: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["media", "add", str(cat), "--kind", "photo"])
    capsys.readouterr()
    run(["media", "list", "--json"])
    sha256, size = NAMED.removeprefix("photo:"), len(files.PNG)
    expected = {"kind": "photo", "sha256": sha256, "size": size, "mime": "image/png", "name": "cat.png"}
    assert json.loads(capsys.readouterr().out) == [expected]
    run(["media", "prune", "--json"])
    assert json.loads(capsys.readouterr().out) == {"removed": False, "files": []}
