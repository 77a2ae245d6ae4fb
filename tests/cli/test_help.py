"""Every command explains itself, and refuses wrong words with its usage and status 2."""

from collections.abc import Iterator

import pytest
from cyclopts import App

from engine.__main__ import app, run


def commands(room: App, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name in room:
        if not name.startswith("-"):
            yield from commands(room[name], *path, name)


COMMANDS = list(commands(app))


def words_of(path: tuple[str, ...]) -> str:
    return " ".join(path) or "no words"


@pytest.mark.parametrize("path", COMMANDS, ids=words_of)
def test_help_says_what_it_does_with_an_example(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*path, "--help"]) == 0
    shown = capsys.readouterr().out
    usage, _, purpose, *_ = shown.splitlines()
    assert usage.startswith(" ".join(["Usage: python -m engine", *path]))
    assert purpose.endswith(".")
    (example,) = (line for line in shown.splitlines() if line.startswith("Example: "))
    assert example.startswith(" ".join(["Example: python -m engine", *path]))
    assert "\x1b" not in shown


@pytest.mark.parametrize("path", COMMANDS, ids=words_of)
def test_unknown_words_are_refused_with_the_usage(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*path, "--never"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(" ".join(["usage: python -m engine", *path]))


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("", "Name a command"),
        ("bots", "Name a command"),
        ("bots lst", 'Did you mean "list"?'),
        ("bots pace @x 12.5", "'12.5' is not a whole number"),
        ("campaigns stop", "Give --bot @NAME or --all"),
        ("campaigns resume --all --bot @x", "Give --bot @NAME or --all"),
        ("campaigns activate --bot @x --delays never", 'Choose from: "continue", "as_if_never_paused"'),
        ("campaigns export --bot @x --version 0", "Must be >= 1"),
        ("campaigns revert --bot @x --to 2147483648", "Must be <= 2147483647"),
        ("deliveries settle --bot @x --chat 1 --episode 1 --block a/b --as lost", 'Choose from: "sent", "failed"'),
        ("inspect @x 9223372036854775808", "Must be <= 9223372036854775807"),
        ("media add cat.png", "--kind requires an argument"),
        ("payments import x.csv", "--bot requires an argument"),
    ],
)
def test_wrong_words_are_named(line: str, mend: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert mend in said.err
