"""An environment that cannot be made is a refusal with its reason, which the row shows."""

import sys
from pathlib import Path

import pytest

from bench.questions.peers import environments
from bench.questions.peers.environments import Environment, ready
from engine.core.errors import RecoveryError


def no_news(sentence: str) -> None:
    assert sentence.startswith("Installing ")


def test_our_own_is_there_already() -> None:
    assert ready("ours", no_news).directory == Path(sys.prefix)


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecoveryError, match="no-such-program is not installed on this machine"):
        Environment(tmp_path).command("no-such-program")


def test_without_node_there_is_a_reason_and_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(environments, "_HOME", tmp_path / "home")
    with pytest.raises(RecoveryError, match="node is not installed on this machine"):
        ready("bullmq", no_news)
    assert not (tmp_path / "home").exists()


def test_an_installation_that_fails_gives_its_last_words_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho no such version >&2\nexit 1\n", "utf-8")
        program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(environments, "_HOME", tmp_path / "home")
    for _ in range(2):
        with pytest.raises(RecoveryError, match="could not be installed: no such version"):
            ready("bullmq", no_news)


def test_a_project_that_was_moved_has_its_commands_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command of a virtual environment begins with the path of its Python."""
    monkeypatch.setattr(environments, "_python", lambda environment, _: environment.directory.mkdir(parents=True))
    monkeypatch.setattr(environments, "_HOME", tmp_path / "here")
    first = ready("celery", no_news)
    assert ready("celery", _never).directory == first.directory
    (tmp_path / "here").rename(tmp_path / "there")
    monkeypatch.setattr(environments, "_HOME", tmp_path / "there")
    assert ready("celery", no_news).directory.name != first.directory.name


def _never(sentence: str) -> None:
    pytest.fail(sentence)
