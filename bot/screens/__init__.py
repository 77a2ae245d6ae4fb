"""Every screen of the manager, each a module that says what it is in `SCREEN`."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from bot.screen import Screen

SCREENS: Final[Mapping[str, Screen]] = {
    found.name: import_module(f"{__name__}.{found.name}").SCREEN for found in iter_modules(__path__)
}
