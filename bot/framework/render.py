"""How a screen becomes a message: its trail, its text, and buttons signed for the admin who sees it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.framework.callbacks import Holder, Press, code, mint
from bot.framework.screen import HOME, Button, Link, Place, Rows, Scope, Screen, View, Visit

_BOT: Final = "bot"
"""The screen whose title is the bot's own name."""


class RenderedScreen(NamedTuple):
    text: str
    markup: InlineKeyboardMarkup


class Renderer:
    """Renders for one manager. `key` is the current key that signs buttons."""

    def __init__(self, screens: Mapping[str, Screen], key: bytes) -> None:
        self._screens = screens
        self._key = key

    def screen(self, screen: Screen, visit: Visit, view: View, holder: Holder, note: str = "") -> RenderedScreen:
        """A screen with its ways back and home; `note` comes above its text."""
        text = "\n\n".join(part for part in (self._trail(screen, visit), note, view.text) if part)
        return RenderedScreen(
            text, self._markup([*view.rows, *self._ways_back(screen, visit)], view.revision, holder, visit.now_ms)
        )

    def question(self, screen: Screen, visit: Visit, asked: str, holder: Holder, note: str = "") -> RenderedScreen:
        """A question of a screen, and the way back to it."""
        text = "\n\n".join(part for part in (self._trail(screen, visit), note, asked) if part)
        back = Button(visit.say.label("✖ Cancel"), screen.name, visit.place)
        return RenderedScreen(text, self._markup([[back]], 0, holder, visit.now_ms))

    def _trail(self, screen: Screen, visit: Visit) -> str:
        """Where the admin is: `🏠 › @shop_bot › Recovery › Steps`. The home screen has none."""
        if screen.name == HOME:
            return ""
        names = [self._name(one, visit) for one in reversed([screen, *self._ancestors(screen)]) if one.name != HOME]
        return " › ".join(["🏠", *names[:-1], f"<b>{names[-1]}</b>"])

    def _name(self, screen: Screen, visit: Visit) -> str:
        return f"@{visit.bot}" if screen.name == _BOT else screen.title(visit.say)

    def _ancestors(self, screen: Screen) -> list[Screen]:
        found: list[Screen] = []
        while screen.parent:
            screen = self._screens[screen.parent]
            found.append(screen)
        return found

    def _ways_back(self, screen: Screen, visit: Visit) -> Rows:
        if not screen.parent:
            return []
        parent = self._screens[screen.parent]
        back = Button(visit.say.label("◀ Back"), parent.name, visit.place.within(parent.scope))
        home = Button("🏠", HOME, Place())
        return [[back]] if parent.scope is Scope.HOME else [[back, home]]

    def _markup(self, rows: Rows, revision: int, holder: Holder, now_ms: int) -> InlineKeyboardMarkup:
        drawn = [[self._button(button, revision, holder, now_ms) for button in row] for row in rows if row]
        return InlineKeyboardMarkup(inline_keyboard=drawn)

    def _button(self, button: Button | Link, revision: int, holder: Holder, now_ms: int) -> InlineKeyboardButton:
        if isinstance(button, Link):
            return InlineKeyboardButton(text=button.label, url=button.url)
        press = Press(code(button.route), *button.place, revision)
        return InlineKeyboardButton(text=button.label, callback_data=mint(self._key, press, holder, now_ms))
