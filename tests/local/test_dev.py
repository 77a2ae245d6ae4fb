"""The script `./dev`: what it installs, what it passes on, and what it prints when something is missing."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_INTERPRETER = """#!/bin/sh
echo "$@" >> "$0.calls"
case "$*" in
  *version_info*) exit {old} ;;
  *ensurepip*) exit {bare} ;;
  "-m pytest"*) exit 3 ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Set up the script beside two locks, with a stand-in for the venv's Python that notes its calls."""
    shutil.copy(_ROOT / "dev", tmp_path)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / lock).write_text("one\n")
    _interpreter(tmp_path / ".venv/bin/python")
    return tmp_path


def _interpreter(path: Path, *, old: int = 0, bare: int = 0) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_INTERPRETER.format(old=old, bare=bare))
    path.chmod(0o755)
    return str(path)


def _dev(project: Path, *arguments: str, python: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own script
        [project / "dev", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHON": python},
    )


def _installs(project: Path) -> int:
    return (project / ".venv/bin/python.calls").read_text().count("pip install")


def test_a_lock_is_installed_once_and_again_when_it_changes(project: Path) -> None:
    _dev(project, "test")
    _dev(project, "test")
    assert _installs(project) == 1
    (project / "requirements-dev.lock").write_text("two\n")
    _dev(project, "test")
    assert _installs(project) == 2


def test_the_development_lock_serves_for_a_run_too(project: Path) -> None:
    _dev(project, "test")
    _dev(project, "run")
    assert _installs(project) == 1


def test_only_hashed_wheels_are_installed(project: Path) -> None:
    _dev(project, "run")
    calls = (project / ".venv/bin/python.calls").read_text()
    assert "--only-binary :all: --require-hashes --requirement requirements.lock" in calls


def test_arguments_are_handed_on_and_the_exit_status_comes_back(project: Path) -> None:
    assert _dev(project, "test", "-k", "one or two").returncode == 3
    assert "-m pytest -k one or two" in (project / ".venv/bin/python.calls").read_text()


def test_a_fast_run_leaves_out_what_starts_processes(project: Path) -> None:
    _dev(project, "test", "--fast", "-x")
    calls = (project / ".venv/bin/python.calls").read_text()
    assert "-m pytest -n 2 --dist loadfile -m not processes -x" in calls


def test_fix_formats_and_mends(project: Path) -> None:
    _interpreter(project / ".venv/bin/ruff")
    assert _dev(project, "fix").returncode == 0
    assert (project / ".venv/bin/ruff.calls").read_text().splitlines() == ["format .", "check --fix ."]


def test_the_help_lists_every_command(project: Path) -> None:
    commands = re.findall(r"^  (\w+)\)", (project / "dev").read_text(), re.MULTILINE)
    shown = _dev(project).stdout
    assert {"run", "test", "fix", "check", "sandbox", "bench", "lock"} <= {*commands}
    assert [command for command in commands if f"./dev {command}" not in shown] == []


def test_a_failed_install_runs_again(project: Path) -> None:
    (project / ".venv/bin/python").write_text('#!/bin/sh\ncase "$*" in *"pip install"*) exit 1 ;; esac\n')
    assert _dev(project, "test").returncode == 1
    assert not (project / ".venv/requirements-dev.lock").exists()


def test_an_old_python_is_named_with_the_mend(project: Path) -> None:
    shutil.rmtree(project / ".venv")
    refused = _dev(project, "test", python=_interpreter(project / "python", old=1))
    assert refused.returncode == 1
    assert refused.stderr.startswith("Python 3.11 or newer is needed")


def test_a_missing_venv_module_is_named_with_the_mend(project: Path) -> None:
    shutil.rmtree(project / ".venv")
    refused = _dev(project, "test", python=_interpreter(project / "python", bare=1))
    assert refused.returncode == 1
    assert refused.stderr == (
        "Python's venv module is missing: on Debian and Ubuntu, apt-get install -y python3-venv\n"
    )


def test_without_a_command_it_lists_the_commands(project: Path) -> None:
    assert "./dev bench" in _dev(project).stdout
    unknown = _dev(project, "fly")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "./dev bench" in unknown.stderr
