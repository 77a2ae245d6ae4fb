"""Counts the SQL statements of a redraw where they leave for the database, in a manager within this process."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from unittest import mock

import asyncpg
from aiogram import Bot
from aiogram.types import User

from bot.framework.presenter import Presenter
from bot.framework.screen import Place, Screen
from bot.screens import SCREENS
from engine.administration.context import Desk
from engine.core.errors import RecoveryError

_METHODS: Final = ("execute", "executemany", "fetch", "fetchrow", "fetchval")


class Visitor(NamedTuple):
    """`token` is the manager's, `owner` the person who opens the screens."""

    token: str
    owner: int


async def counted(desk: Desk, visitor: Visitor, places: Mapping[str, Place]) -> dict[str, int]:
    """By screen: who the person is, what they may do, and what the screen shows. Raises RecoveryError."""
    bot = Bot(visitor.token)
    presenter = Presenter(desk, bot, "manager_bot", SCREENS)
    user = User(id=visitor.owner, is_bot=False, first_name="Ana", language_code="pt-br")
    await presenter.admin(user)  # The first visit stores the person: that statement belongs to no screen.
    found = {name: await _of(presenter, user, SCREENS[name], place) for name, place in places.items()}
    await bot.session.close()
    return found


async def _of(presenter: Presenter, user: User, screen: Screen, place: Place) -> int:
    with _counting() as count:
        admin = await presenter.admin(user)
        if admin is None:
            raise RecoveryError("The owner is unknown: ADMIN_IDS does not name them.")
        resolved = await presenter.resolve(screen, await presenter.visit(admin, place))
        if resolved.gone:
            raise RecoveryError(f"The screen {screen.name} has nothing to show: give it a place of its own.")
        return count()


@contextmanager
def _counting() -> Iterator[Callable[[], int]]:
    """Counts every statement of every connection while the block lasts."""
    seen: list[str] = []

    def counts(method: str) -> Any:
        original = getattr(asyncpg.Connection, method)

        async def called(self: Any, query: str, *args: Any, **more: Any) -> Any:
            seen.append(query)
            return await original(self, query, *args, **more)

        return called

    with mock.patch.multiple(asyncpg.Connection, **{method: counts(method) for method in _METHODS}):
        yield lambda: len(seen)
