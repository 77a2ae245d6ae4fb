"""The table of all that a button can stand for: each screen, and what each of them does and asks."""

from collections.abc import Iterator, Mapping

from bot.framework.callbacks import code
from bot.framework.guard import Deed
from bot.framework.screen import Action, Question, Screen


def deeds(screens: Mapping[str, Screen]) -> dict[int, Deed]:
    """By code. Two names of one code would be a fault of ours, found by a test."""
    return {code(name): deed for screen in screens.values() for name, deed in _of(screen)}


def _of(screen: Screen) -> Iterator[tuple[str, Deed]]:
    yield screen.name, Deed(screen.name, screen)
    does: Mapping[str, Action | Question] = {**screen.actions, **screen.questions}
    for name, one in does.items():
        yield f"{screen.name}.{name}", Deed(f"{screen.name}.{name}", screen, one)
