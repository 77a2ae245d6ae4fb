"""Nobody else on the machine reads what a run writes, and no child of it holds a secret that it does not use."""

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from engine.local.child_settings import OF_CHILD, of_child
from engine.local.process import open_log
from engine.local.servers.account import server_account
from tests.local.processes import parent_of_servers, told_of
from tests.local.test_run import read_until, running, state_dir

__all__ = ["state_dir"]

_ROOT: Final = Path(__file__).parents[2]
_CHILDREN: Final = {
    "receiver": "engine.receiver",
    "poller": "engine.poller",
    "manager": "bot",
    "sandbox": "bench.sandbox",
    "person": "bench.sandbox.demo",
}
_OTHERS: Final = {"AWS_SECRET_ACCESS_KEY": "not-ours", "GITHUB_TOKEN": "nor-this"}


def open_to_others(directory: Path) -> list[str]:
    """What has a mode for group or others. A folder may be passed by PostgreSQL's user, who is not root."""
    passes = 0o011 if server_account().uid is not None else 0
    found = [path for path in (directory, *directory.rglob("*")) if not path.is_symlink()]
    return [
        f"{path.relative_to(directory)} {stat.filemode(path.stat().st_mode)}"
        for path in found
        if path.stat().st_mode & 0o077 & ~(passes if path.is_dir() else 0)
    ]


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_the_servers_write_for_their_owner_only(state_dir: Path, umask: int) -> None:
    with parent_of_servers(state_dir, umask):
        assert open_to_others(state_dir) == []


def test_a_run_writes_for_its_owner_only_and_gives_each_child_its_settings(state_dir: Path) -> None:
    with running(state_dir, umask=0, **_OTHERS) as run:
        read_until(run, "falls silent")
        assert open_to_others(state_dir) == []
        held = dict(environments(state_dir))
        run.terminate()
        assert run.wait() == 0
    assert held.keys() == set(_CHILDREN)
    settings = {name for names in OF_CHILD.values() for name in names} | _OTHERS.keys()
    for name, environment in held.items():
        assert settings & environment.keys() <= set(OF_CHILD[name]), name
    assert [name for name, environment in held.items() if "ENCRYPTION_KEY" in environment] == [
        name for name in held if name in ("receiver", "poller", "manager")
    ]


def environments(directory: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Those of the children that run now."""
    for pid, words in told_of(directory).items():
        for name, module in _CHILDREN.items():
            if module in words:
                pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
                yield name, dict(pair.split("=", 1) for pair in pairs if "=" in pair)


@pytest.mark.parametrize("name", OF_CHILD)
def test_a_child_gets_its_settings_and_nothing_of_others(name: str) -> None:
    everything = {setting: "x" for names in OF_CHILD.values() for setting in names} | _OTHERS
    needed = {"PATH": "/bin", "LC_ALL": "C", "PYTHONPATH": "x"}
    assert of_child(name, {**everything, **needed}) == {**dict.fromkeys(OF_CHILD[name], "x"), **needed}


def test_every_setting_is_of_some_child() -> None:
    """A setting that is added is given to those who use it."""
    read = set(re.findall(r'"([A-Z][A-Z_]+[A-Z])"', (_ROOT / "engine" / "settings.py").read_text("utf-8")))
    assert read == {name for names in OF_CHILD.values() for name in names}


def test_a_log_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch(0o644)
    open_log(tmp_path / "a.log").close()
    assert (tmp_path / "a.log").stat().st_mode & 0o777 == 0o600


def test_no_link_leads_a_log_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.log").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"):
        open_log(tmp_path / "a.log")
    assert not (tmp_path / "precious").exists()
