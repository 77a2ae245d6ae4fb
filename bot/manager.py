"""The manager: takes an admin's words and presses, has them judged, and shows what stands there then.

One live message is edited in place; a new one is sent where that cannot be. Nothing of a screen is kept here: a press
says where it was, the engine says how things stand.
"""

import time
from typing import Final

import msgspec
from aiogram import Bot, Router
from aiogram.enums import ChatType, ParseMode
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import Command
from aiogram.types import CallbackQuery, InaccessibleMessage, Message, User

from bot.callbacks import PREFIX, Holder, Press, code, read
from bot.draw import keyboard
from bot.guard import Deed, Verdict, judge, may
from bot.screen import HOME, Action, Place, Question, Screen, View, Visit
from bot.screens import SCREENS
from bot.texts import Say
from engine import admins, prompts
from engine.admins import Admin, Person
from engine.core.errors import CampaignError, RecoveryError, StaleError
from engine.desk import Desk
from engine.prompts import Prompt
from engine.telemetry import logger

_NOT_MODIFIED: Final = "message is not modified"


def deeds() -> dict[int, Deed]:
    """By code. Two names of one code would be a fault of ours, found by a test."""
    screens = {code(screen.name): Deed(screen) for screen in SCREENS.values()}
    actions = {
        code(f"{screen.name}.{name}"): Deed(screen, action)
        for screen in SCREENS.values()
        for name, action in screen.actions.items()
    }
    questions = {
        code(f"{screen.name}.{name}"): Deed(screen, question)
        for screen in SCREENS.values()
        for name, question in screen.questions.items()
    }
    return screens | actions | questions


class Manager:
    def __init__(self, desk: Desk, bot: Bot) -> None:
        self._desk = desk
        self._bot = bot
        self._deeds = deeds()

    def router(self) -> Router:
        router = Router()
        router.message.register(self.greet, Command("start"))
        router.message.register(self.greet, Command("cancel"))
        router.message.register(self.hear)
        router.callback_query.register(self.press)
        return router

    async def greet(self, message: Message) -> None:
        """Show the home, below whatever was said."""
        if message.chat.type != ChatType.PRIVATE or message.from_user is None:
            return
        now_ms = _now_ms()
        admin = await self._admin(message.from_user, now_ms)
        if admin is None:
            await message.answer(_stranger(message.from_user))
            return
        await prompts.drop(self._desk.redis, admin.admin_id)
        await self._send_screen(message, SCREENS[HOME], self._visit(admin, Place(), now_ms))

    async def hear(self, message: Message) -> None:
        """A text answers the question that was asked; without one it leads home, as a command does."""
        prompt = await prompts.asked(self._desk.redis, message.from_user.id) if message.from_user else None
        deed = self._deeds.get(prompt.deed) if prompt else None
        now_ms = _now_ms()
        admin = await self._admin(message.from_user, now_ms) if message.from_user else None
        said = message.text
        if not (prompt and deed and isinstance(deed.does, Question) and admin and said) or said.startswith("/"):
            await self.greet(message)
            return
        visit = self._visit(admin, Place(*msgspec.structs.astuple(prompt)[1:5]), now_ms)
        if may(admin, deed.needs, Press(0, *visit.place)):
            await self._take(message, deed.screen, deed.does, visit._replace(revision=prompt.revision), said)

    async def _take(self, message: Message, screen: Screen, question: Question, visit: Visit, said: str) -> None:
        try:
            await question.take(visit, said)
        except CampaignError:
            await message.answer(question.hint(visit.say), parse_mode=ParseMode.HTML)
            return
        except StaleError:
            await message.answer(_toast(Verdict.CHANGED, "", visit.say) or "")
        await prompts.drop(self._desk.redis, visit.admin.admin_id)
        await self._send_screen(message, screen, visit)

    async def _send_screen(self, message: Message, screen: Screen, visit: Visit) -> None:
        holder = Holder(self._bot.id, visit.admin.admin_id, message.chat.id)
        await self._send(holder, await self._view(screen, visit), visit.now_ms)

    async def press(self, query: CallbackQuery) -> None:
        """Do what a button says, if it may be done, and show what stands there then. The query is always answered."""
        now_ms = _now_ms()
        holder = Holder(self._bot.id, query.from_user.id, query.message.chat.id if query.message else 0)
        token = read(self._desk.vault.button_keys, query.data or "", holder)
        deed = self._deeds.get(token.press.deed) if token else None
        admin = await self._admin(query.from_user, now_ms)
        verdict = judge(token, deed, admin, now_ms)
        if verdict is Verdict.REFUSED or not (token and deed and admin):
            logger().warning("callback_rejected", admin=query.from_user.id, ours=(query.data or "").startswith(PREFIX))
            await query.answer(_say(admin, query.from_user).label("Not available"))
            return
        visit = self._visit(admin, _place(token.press), now_ms)._replace(revision=token.press.revision)
        told = ""
        await prompts.drop(self._desk.redis, admin.admin_id)
        if isinstance(deed.does, Question) and verdict is Verdict.GO:
            await prompts.ask(self._desk.redis, admin.admin_id, Prompt(*token.press))
            await query.answer()
            await self._bot.send_message(holder.chat, deed.does.asks(visit.say), parse_mode=ParseMode.HTML)
            return
        if isinstance(deed.does, Action) and verdict is Verdict.GO:
            verdict, told = await self._act(deed.screen, deed.does, visit, token.press)
        await query.answer(_toast(verdict, told, visit.say))
        await self._show(query, deed.screen, visit, holder)

    async def _act(self, screen: Screen, action: Action, visit: Visit, press: Press) -> tuple[Verdict, str]:
        if (await self._view(screen, visit)).revision != press.revision:
            return Verdict.CHANGED, ""
        try:
            return Verdict.GO, await action.act(visit)
        except StaleError:
            return Verdict.CHANGED, ""
        except RecoveryError as error:
            logger().warning("Action failed", admin=visit.admin.admin_id, screen=screen.name, error=str(error))
            return Verdict.GO, visit.say.label("This did not work. Try again in a moment.")

    async def _show(self, query: CallbackQuery, screen: Screen, visit: Visit, holder: Holder) -> None:
        """The rights are read anew: an action may have changed them, and the language."""
        admin = await self._admin(query.from_user, visit.now_ms)
        if admin is None or not may(admin, screen.needs, Press(0, *visit.place)):
            return
        view = await self._view(screen, self._visit(admin, visit.place, visit.now_ms))
        if query.message is None or isinstance(query.message, InaccessibleMessage):
            await self._send(holder, view, visit.now_ms)
            return
        try:
            await query.message.edit_text(
                view.text,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(view, self._desk.vault.button_keys[0], holder, visit.now_ms),
            )
        except TelegramBadRequest as error:
            if _NOT_MODIFIED not in error.message:
                await self._send(holder, view, visit.now_ms)

    async def _send(self, holder: Holder, view: View, now_ms: int) -> None:
        buttons = keyboard(view, self._desk.vault.button_keys[0], holder, now_ms)
        await self._bot.send_message(holder.chat, view.text, parse_mode=ParseMode.HTML, reply_markup=buttons)

    async def _view(self, screen: Screen, visit: Visit) -> View:
        return screen.view(visit, await screen.load(visit))

    def _visit(self, admin: Admin, place: Place, now_ms: int) -> Visit:
        return Visit(self._desk, admin, place, Say(admin.language), now_ms)

    async def _admin(self, user: User, now_ms: int) -> Admin | None:
        person = Person(user.id, user.full_name, user.language_code)
        return await admins.enter(self._desk.pool, self._desk.settings.admin_ids, person, now_ms)


def _place(press: Press) -> Place:
    return Place(press.bot, press.step, press.block, press.choice)


def _toast(verdict: Verdict, told: str, say: Say) -> str | None:
    match verdict:
        case Verdict.SHOW_ANEW:
            return say.label("Menu refreshed")
        case Verdict.PRESS_AGAIN:
            return say.label("This button was old; check and press again")
        case Verdict.CHANGED:
            return say.label("It was changed meanwhile; look and press again")
        case _:
            return told or None


def _stranger(user: User) -> str:
    return Say(admins.language_of(user.language_code)).label(
        "This bot is for the admins of some bots. Ask their owner to invite you."
    )


def _say(admin: Admin | None, user: User) -> Say:
    return Say(admin.language if admin else admins.language_of(user.language_code))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
