"""A screen is found by its name, in code and in its folder."""

from importlib import import_module
from pkgutil import walk_packages

import pytest

from bot import screens
from bot.screens import SCREENS

MODULES = [found.name for found in walk_packages(screens.__path__, f"{screens.__name__}.") if not found.ispkg]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_its_screens_name(module: str) -> None:
    assert import_module(module).SCREEN.name == module.rpartition(".")[2]


def test_no_two_screens_share_a_name() -> None:
    assert len(SCREENS) == len(MODULES)


def test_every_parent_is_a_screen() -> None:
    assert {screen.parent for screen in SCREENS.values()} - {""} <= SCREENS.keys()
