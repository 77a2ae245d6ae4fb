"""The manager: takes an admin's words and presses, has them judged, and shows what stands there then.

What one admin does is done one after the other, in the order in which it came. Nothing of a screen is kept here: a
press says where it was, the engine says how things stand. Whatever goes wrong, a press is answered and a message is
not left without a word.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from aiogram import Bot, Router
from aiogram.enums import ChatType, ParseMode
from aiogram.exceptions import TelegramAPIError
from aiogram.types import CallbackQuery, InaccessibleMessage, Message, User

from bot.framework import incoming
from bot.framework.callbacks import LIFETIME_S, PREFIX, Holder, read
from bot.framework.guard import Deed, Verdict, judge
from bot.framework.i18n import Translator, escaped
from bot.framework.presenter import Spot, Stage, is_of_no_bot, person
from bot.framework.query_answer import Answer
from bot.framework.routes import deeds
from bot.framework.screen import HOME, Action, Done, Place, Question, Screen, Visit
from engine.administration import invitations, members, open_question, single_use
from engine.administration.bot_tokens import holds_a_token
from engine.administration.context import Desk
from engine.administration.members import Admin, Language
from engine.administration.open_question import Prompt
from engine.core.errors import BotError, RecoveryError, StaleError, UnreachableError
from engine.runtime.telemetry import logger

_START = "/start "
_LAST_WORDS_S = 5


class Manager:
    def __init__(self, desk: Desk, bot: Bot, name: str, screens: Mapping[str, Screen]) -> None:
        self._desk = desk
        self._screens = screens
        self._id = bot.id
        self._stage = Stage(desk, bot, name, screens)
        self._deeds = deeds(screens)
        self._working: set[asyncio.Task[Any]] = set()
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def router(self) -> Router:
        router = Router()
        router.message.register(self.hear)
        router.callback_query.register(self.press)
        return router

    async def hear(self, message: Message) -> None:
        """A message answers the question that was asked; a command ends it; everything else leads home."""
        user = message.from_user
        if message.chat.type != ChatType.PRIVATE or user is None:
            return
        async with self._at_work(), self._turn(user):
            try:
                await self._hear(message, user)
            except Exception as error:  # noqa: BLE001 - nobody must wait for a word in vain
                _log_fault(error, user)
                await message.answer(_excuse(user))

    async def press(self, query: CallbackQuery) -> None:
        """Do what a button says, if it may be done, and show what stands there then."""
        answer = Answer(query)
        moment = Translator(_language(query.from_user)).label("One moment…")
        async with self._at_work(), answer.soon(moment), self._turn(query.from_user):
            try:
                await self._press(query, answer)
            except Exception as error:  # noqa: BLE001 - no button must wait for ever
                _log_fault(error, query.from_user)
                await answer.tell(_excuse(query.from_user))

    async def finish(self) -> None:
        """Wait a little for what is under way; nothing new comes any more."""
        if self._working:
            await asyncio.wait(self._working, timeout=_LAST_WORDS_S)

    @asynccontextmanager
    async def _at_work(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("The manager works in tasks.")
        self._working.add(task)
        try:
            yield
        finally:
            self._working.discard(task)

    def _turn(self, user: User) -> asyncio.Lock:
        """Whoever waits for it holds it, so that it lives as long as anybody needs it."""
        return self._turns.setdefault(user.id, asyncio.Lock())

    async def _hear(self, message: Message, user: User) -> None:
        words, note = message.text or "", ""
        pasted = holds_a_token(message.html_text)
        if pasted:
            await self._stage.delete(Spot(message.chat.id, said=message.message_id))
        if words.startswith(_START):
            note = await self._accept(user, words.removeprefix(_START).strip())
        admin = await self._stage.admin(user)
        if admin is None:
            await message.answer(note or _stranger(user), parse_mode=ParseMode.HTML)
            return
        prompt = await open_question.last(self._desk.redis, admin.admin_id)
        asked = await self._asked(admin, prompt) if prompt else None
        spot = Spot(message.chat.id, prompt.message if prompt else 0, message.message_id)
        if pasted and not (asked and asked.question.secret):
            await self._keep_nothing(asked, admin, spot)
        elif asked and not words.startswith("/"):
            await self._take(asked, message, user, spot)
        elif asked and words == "/cancel":
            await self._stage.show(asked.deed.screen, asked.visit, spot, asked.visit.say("Cancelled."))
        else:
            await self._stage.show(self._screens[HOME], await self._stage.visit(admin, Place()), spot, note)

    async def _keep_nothing(self, asked: "_Asked | None", admin: Admin, spot: Spot) -> None:
        """A token that was pasted where none is asked for becomes no block, and no name."""
        screen = asked.deed.screen if asked else self._screens[HOME]
        visit = asked.visit if asked else await self._stage.visit(admin, Place())
        told = visit.say("⚠ Your message contained a bot's token. I deleted it and kept nothing of it.")
        await self._stage.show(screen, visit, spot, told)

    async def _accept(self, user: User, word: str) -> str:
        desk, say = self._desk, Translator(_language(user))
        try:
            owners = desk.settings.admin_ids
            bot = await invitations.accept(desk.pool, desk.redis, owners, person(user), word, await self._desk.now_ms())
        except BotError as error:
            return f"⚠ {say.refusal(error)}"
        return say("You now manage @{bot}.", bot=bot)

    async def _asked(self, admin: Admin, prompt: Prompt) -> "_Asked | None":
        """The question that was shown last, if it was one, and if they may answer it still."""
        deed = self._deeds.get(prompt.deed)
        if not (deed and isinstance(deed.does, Question) and deed.is_open_to(admin, prompt.bot)):
            return None
        place = Place(prompt.bot, prompt.step, prompt.block, prompt.choice)
        visit = await self._stage.visit(admin, place, prompt.revision)
        stands = prompt.waits(visit.now_ms) and not is_of_no_bot(deed.screen, visit)
        return _Asked(deed, deed.does, visit) if stands else None

    async def _take(self, asked: "_Asked", message: Message, user: User, spot: Spot) -> None:
        deed, question, visit = asked
        try:
            done = await question.take(visit, incoming.read(message))
        except StaleError as error:
            done = Done(note=escaped(await self._changed(visit, error)))
        except UnreachableError:
            raise
        except RecoveryError as error:
            await self._stage.ask(deed, question, visit, spot, f"⚠ {visit.say.refusal(error)}")
            return
        await self._show_what_came(done, deed, visit, user, spot)

    async def _press(self, query: CallbackQuery, answer: Answer) -> None:
        user, data = query.from_user, query.data or ""
        spot = Spot(query.message.chat.id if query.message else 0, _live(query))
        token = read(self._desk.vault.button_keys, data, Holder(self._id, user.id, spot.chat))
        deed = self._deeds.get(token.press.deed) if token else None
        admin = await self._stage.admin(user)
        verdict = judge(token, deed, admin, await self._desk.now_ms())
        if verdict is Verdict.REFUSED or not (token and deed and admin):
            logger().warning("callback_rejected", admin=user.id, ours=data.startswith(PREFIX))
            await answer.tell(Translator(admin.language if admin else _language(user)).label("Not available"))
            return
        _, *place, revision = token.press
        visit = await self._stage.visit(admin, Place(*place), revision)
        if isinstance(deed.does, Action) and verdict is Verdict.GO:
            done = await self._act(deed, deed.does, visit, data, answer)
            await self._show_what_came(done, deed, visit, user, spot)
            return
        told = _toast(verdict, visit.say)
        note = escaped(told) if answer.given else ""
        await answer.tell(told)
        if isinstance(deed.does, Question) and verdict is Verdict.GO:
            await self._stage.ask(deed, deed.does, visit, spot)
        else:
            await self._stage.show(deed.screen, visit, spot, note)

    async def _act(self, deed: Deed, action: Action, visit: Visit, data: str, answer: Answer) -> Done:
        """A slow one is answered first; what is told too late in passing stands on the screen."""
        if action.slow:
            await answer.tell(visit.say.label("One moment…"))
        try:
            done = await self._do(deed, action, visit, data)
        except StaleError as error:
            done = Done(await self._changed(visit, error))
        except UnreachableError:
            raise
        except RecoveryError as error:
            done = Done(note=f"⚠ {visit.say.refusal(error)}")
        if answer.given:
            return done._replace(note=done.note or escaped(done.told))
        await answer.tell(done.told)
        return done

    async def _do(self, deed: Deed, action: Action, visit: Visit, data: str) -> Done:
        look = await self._stage.look(deed.screen, visit)
        if look.gone or look.view.revision != visit.revision:
            raise StaleError(*await members.last_change(self._desk.pool, visit.place.bot))
        return await (self._do_once(action, visit, data) if action.once else action.act(visit))

    async def _do_once(self, action: Action, visit: Visit, data: str) -> Done:
        """What refuses has done nothing, and may be tried again: of the same admin nothing else happens meanwhile."""
        if not await single_use.is_first(self._desk.redis, data, LIFETIME_S):
            return Done(visit.say.label("That has already been done"))
        try:
            return await action.act(visit)
        except RecoveryError:
            await single_use.give_back(self._desk.redis, data)
            raise

    async def _show_what_came(self, done: Done, deed: Deed, visit: Visit, user: User, spot: Spot) -> None:
        """The rights are read anew, since what was done may have changed them, and the language."""
        admin = await self._stage.admin(user)
        if admin is None:
            return
        place = done.place if done.to else visit.place
        visit = await self._stage.visit(admin, place)
        screen = self._screens[done.to] if done.to else deed.screen
        if done.view:
            await self._stage.choose(screen, deed, visit, spot, done.view)
        else:
            await self._stage.show(screen, visit, spot, done.note)

    async def _changed(self, visit: Visit, error: StaleError) -> str:
        """Who was faster, and when; of oneself it is not told."""
        say = visit.say
        who = await members.called(self._desk.pool, error.actor)
        if not who or error.actor == visit.change.actor:
            return say.label("This has changed in the meantime. Check and tap again")
        return say.label("Changed by {who} {ago}", who=who, ago=say.ago(visit.now_ms - error.at_ms))


class _Asked(NamedTuple):
    """A question that waits for its answer, as of where it was asked."""

    deed: Deed
    question: Question
    visit: Visit


def _live(query: CallbackQuery) -> int:
    """What is too old to be edited is as good as none."""
    return 0 if query.message is None or isinstance(query.message, InaccessibleMessage) else query.message.message_id


def _toast(verdict: Verdict, say: Translator) -> str:
    match verdict:
        case Verdict.SHOW_ANEW:
            return say.label("Menu refreshed")
        case Verdict.PRESS_AGAIN:
            return say.label("That button was old. Check and tap again")
        case _:
            return ""


def _stranger(user: User) -> str:
    say = Translator(_language(user))
    return say("This bot is for admins only. Ask the bot's owner for an invitation.")


def _excuse(user: User) -> str:
    return Translator(_language(user)).label("That didn't work. Try again in a moment.")


def _language(user: User) -> Language:
    return members.language_of(user.language_code)


def _log_fault(error: Exception, user: User) -> None:
    """What does not answer is a line; what nobody has foreseen a traceback."""
    if isinstance(error, RecoveryError | TelegramAPIError):
        logger().warning("Manager failed", admin=user.id, error=str(error))
    else:
        logger().exception("Manager failed", admin=user.id)
