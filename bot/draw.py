"""How a screen becomes a message: its text, and its buttons signed for whoever looks at it."""

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.callbacks import Holder, Press, code, mint
from bot.screen import Button, View


def keyboard(view: View, key: bytes, holder: Holder, now_ms: int) -> InlineKeyboardMarkup:
    def drawn(button: Button) -> InlineKeyboardButton:
        press = Press(code(button.deed), *button.place, view.revision)
        return InlineKeyboardButton(text=button.label, callback_data=mint(key, press, holder, now_ms))

    return InlineKeyboardMarkup(inline_keyboard=[[drawn(button) for button in row] for row in view.rows])
