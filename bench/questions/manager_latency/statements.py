"""How many SQL statements a redraw takes: counted where they leave for the database, in a manager of our own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from unittest import mock

import asyncpg
from aiogram import Bot
from aiogram.types import User

from bot.framework.presenter import Stage
from bot.framework.screen import Place, Screen
from bot.screens import SCREENS
from engine.administration.context import Desk
from engine.core.errors import RecoveryError

_METHODS: Final = ("execute", "executemany", "fetch", "fetchrow", "fetchval")


class Visitor(NamedTuple):
    """`token` is that of the manager who is asked, `owner` the person who asks."""

    token: str
    owner: int


async def counted(desk: Desk, visitor: Visitor, places: Mapping[str, Place]) -> dict[str, int]:
    """For each screen: who it is, what they may, and what stands there. Raises RecoveryError."""
    bot = Bot(visitor.token)
    stage = Stage(desk, bot, "manager_bot", SCREENS)
    user = User(id=visitor.owner, is_bot=False, first_name="Ana", language_code="pt-br")
    await stage.admin(user)  # Whoever comes for the first time is written down.
    found = {name: await _of(stage, user, SCREENS[name], place) for name, place in places.items()}
    await bot.session.close()
    return found


async def _of(stage: Stage, user: User, screen: Screen, place: Place) -> int:
    with _counting() as count:
        admin = await stage.admin(user)
        if admin is None:
            raise RecoveryError("The owner is not known: ADMIN_IDS does not name them.")
        look = await stage.look(screen, await stage.visit(admin, place))
        if look.gone:
            raise RecoveryError(f"There is nothing to show on the screen {screen.name}: it needs a place of its own.")
        return count()


@contextmanager
def _counting() -> Iterator[Callable[[], int]]:
    """Every statement of every connection, while the block lasts."""
    seen: list[str] = []

    def counts(method: str) -> Any:
        original = getattr(asyncpg.Connection, method)

        async def called(self: Any, query: str, *args: Any, **more: Any) -> Any:
            seen.append(query)
            return await original(self, query, *args, **more)

        return called

    with mock.patch.multiple(asyncpg.Connection, **{method: counts(method) for method in _METHODS}):
        yield lambda: len(seen)
