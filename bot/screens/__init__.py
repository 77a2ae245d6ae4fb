"""Every screen of the manager. Each is a module, described by its `SCREEN`."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import walk_packages
from typing import Final

from bot.framework.screen import Screen


def _all() -> Mapping[str, Screen]:
    found = walk_packages(__path__, f"{__name__}.")
    screens: list[Screen] = [import_module(module.name).SCREEN for module in found if not module.ispkg]
    return {screen.name: screen for screen in screens}


SCREENS: Final[Mapping[str, Screen]] = _all()
"""By name. A module has its screen's name, which a test checks."""
