"""What `./dev run` generates and keeps, and what it never shows."""

from pathlib import Path

import pytest

from engine.local.environment import announce, complete
from engine.local.secret_file import write_secret
from engine.settings import load_settings

_URLS = {"REDIS_URL": "redis://:hush@127.0.0.1:1/0", "DATABASE_URL": "postgresql://me:hush@127.0.0.1:2/recovery"}


def test_a_key_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    first = complete(_URLS, tmp_path)
    assert complete(_URLS, tmp_path) == first
    assert (tmp_path / "encryption_key").stat().st_mode & 0o777 == 0o600
    assert load_settings(first, tmp_path / "none").encryption_keys


def test_a_key_of_yours_is_not_replaced(tmp_path: Path) -> None:
    assert complete({**_URLS, "ENCRYPTION_KEY": "yours"}, tmp_path)["ENCRYPTION_KEY"] == "yours"
    assert not (tmp_path / "encryption_key").exists()


def test_addresses_are_printed_without_passwords(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    announce(tmp_path, complete(_URLS, tmp_path))
    said = capsys.readouterr().out
    assert "redis://127.0.0.1:1/0" in said
    assert "postgresql://127.0.0.1:2/recovery" in said
    assert "hush" not in said


def test_the_written_environment_is_what_other_commands_read(tmp_path: Path) -> None:
    announce(tmp_path, complete(_URLS, tmp_path))
    assert load_settings({}, tmp_path / "env").database_url == _URLS["DATABASE_URL"]
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600


def test_a_secret_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.with_name("secret.unfinished").write_text("half")
    write_secret(path, "one")
    write_secret(path, "two")
    assert path.read_text() == "two\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]
