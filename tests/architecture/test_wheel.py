"""The wheel holds all that its commands read, and puts no name of ours into site-packages that it does not need."""

import ast
import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from importlib.metadata import EntryPoint, packages_distributions
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "storage", "bot", "bench")
PLACES = {
    "engine": "engine",
    "storage": "storage",
    "bot": "bot",
    "bench/sandbox": "bench/sandbox",
    "lua": "storage/lua",
    "migrations": "storage/migrations",
}
"""Folders of the repository, and where the wheel has them."""
COMMANDS = {"recovery": "engine.__main__:main", "telegram-sandbox": "bench.sandbox.__main__:main"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - our own tool
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    return set(ZipFile(wheel).namelist())


def _metadata(wheel: Path, name: str) -> str:
    with ZipFile(wheel) as archive:
        (path,) = (path for path in archive.namelist() if path.endswith(f".dist-info/{name}"))
        return archive.read(path).decode()


def _tracked(folder: str) -> set[str]:
    listed = subprocess.run(  # noqa: S603 - two fixed words and a folder of ours
        ["git", "ls-files", folder],  # noqa: S607 - the git of the machine
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


@pytest.mark.parametrize("folder", PLACES)
def test_every_file_of_a_folder_is_in_the_wheel(folder: str, names: set[str]) -> None:
    expected = {PLACES[folder] + name.removeprefix(folder) for name in _tracked(folder)}
    assert expected
    assert expected - names == set()


def test_data_of_every_kind_are_in_the_wheel(names: set[str]) -> None:
    """A sample of each, by name: a folder that moves must not leave the wheel unnoticed."""
    assert {
        "storage/lua/claim_due.lua",
        "storage/lua/preamble/clock.lua",
        "storage/migrations/env.py",
        "storage/migrations/versions/0001_first_light.py",
        "bench/sandbox/page/index.html",
        "bench/sandbox/bot_api/spec.json",
        "engine/local/reminder.yaml",
        "storage/postgres/deliveries/begin_episodes.sql",
    } <= names
    for package in ("bot", "engine"):
        assert f"{package}/locales/pt_BR/LC_MESSAGES/{package}.po" in names


def test_nothing_else_lands_in_site_packages(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert tops == {*PACKAGES, f"recovery_engine-{_project()['version']}.dist-info"}
    assert not [name for name in names if name.startswith("bench/") and name.count("/") > 1 and "/sandbox/" not in name]
    assert not [name for name in names if "__pycache__" in name]


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


@pytest.mark.parametrize("package", PACKAGES)
def test_the_types_of_a_package_are_offered(package: str, names: set[str]) -> None:
    assert f"{package}/py.typed" in names


def _imported(*rooms: str) -> set[str]:
    """Find the distributions from outside that these rooms import."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for room in rooms for path in (ROOT / room).rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    modules = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    modules |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    outside = {module.split(".")[0] for module in modules} - sys.stdlib_module_names - {*PACKAGES}
    distributions = packages_distributions()
    return {distributions[module][0].lower() for module in outside}


def _named(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[>=]", requirement)[0] for requirement in requirements}


def test_the_sandbox_asks_for_what_it_imports() -> None:
    """The engine, which it may watch, is reached by name."""
    assert _named(_project()["optional-dependencies"]["sandbox"]) == _imported("bench/sandbox")


def test_the_wheel_asks_for_what_it_imports() -> None:
    unasked = {dist.replace("_", "-") for dist in _imported("engine", "storage", "bot", "migrations")}
    assert unasked - _named(_project()["dependencies"]) == set()


def test_the_commands_are_functions_that_are_there(wheel: Path) -> None:
    entries = ConfigParser()
    entries.read_string(_metadata(wheel, "entry_points.txt"))
    assert dict(entries["console_scripts"]) == COMMANDS
    for name, value in COMMANDS.items():
        assert callable(EntryPoint(name, value, "console_scripts").load())
