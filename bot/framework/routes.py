"""The table of routes: every screen, and every action and question of a screen."""

from collections.abc import Iterator, Mapping

from bot.framework.callbacks import code
from bot.framework.guard import Route
from bot.framework.screen import Action, Question, Screen


def routes(screens: Mapping[str, Screen]) -> dict[int, Route]:
    """All routes by code. A test makes sure that no two names share a code."""
    return {code(name): route for screen in screens.values() for name, route in _of(screen)}


def _of(screen: Screen) -> Iterator[tuple[str, Route]]:
    yield screen.name, Route(screen.name, screen)
    handler: Mapping[str, Action | Question] = {**screen.actions, **screen.questions}
    for name, one in handler.items():
        yield f"{screen.name}.{name}", Route(f"{screen.name}.{name}", screen, one)
