"""The manager: takes admins' messages and presses, has them checked, acts, and shows the resulting screen.

Each admin's updates are handled in the order that `turns` gives them. No screen state is kept here: a press says which
screen it is from, and the engine knows the rest. Whatever goes wrong, every press is answered and every message gets a
reply.
"""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from aiogram import Bot, Router
from aiogram.enums import ParseMode
from aiogram.types import CallbackQuery, InaccessibleMessage, Message, User

from bot.framework import failures, incoming, replies
from bot.framework.admission import Admission, invitation
from bot.framework.callbacks import LIFETIME_S, PREFIX, Holder, code, read
from bot.framework.guard import Route, Verdict, judge
from bot.framework.i18n import Translator, escaped
from bot.framework.incoming import IncomingFile
from bot.framework.incoming_files import IncomingFiles, WithdrawnError
from bot.framework.presenter import Presenter, Spot, is_of_no_bot, person
from bot.framework.query_answer import QueryAnswer
from bot.framework.routes import routes
from bot.framework.screen import HOME, Action, Done, Place, Question, Screen, Visit
from bot.framework.sender import Sender
from bot.framework.turns import Turns
from engine.administration import invitations, members, open_question, single_use
from engine.administration.context import Desk
from engine.administration.members import Admin
from engine.administration.open_question import Prompt
from engine.core.content.model import Asset
from engine.core.errors import BotError, RecoveryError, StaleError, UnreachableError
from engine.runtime.telemetry import logger


class ManagerBot:
    def __init__(self, desk: Desk, bot: Bot, name: str, screens: Mapping[str, Screen], admission: Admission) -> None:
        self._desk = desk
        self._bot = bot
        self._admission = admission
        self._screens = screens
        self._id = bot.id
        self._presenter = Presenter(desk, bot, name, screens)
        self._routes = routes(screens)
        self._turns = Turns()
        self._files = IncomingFiles(desk, self._turns, bot.token)

    def router(self) -> Router:
        router = Router()
        router.message.register(self.hear)
        router.callback_query.register(self.press)
        return router

    async def hear(self, message: Message) -> None:
        """A message answers the open question; a command ends it; anything else leads home."""
        if (user := message.from_user) is None:
            return
        pasted = incoming.holds_a_token(message)
        if pasted:
            await self._presenter.delete(Spot(message.chat.id, message=message.message_id))
        async with self._turns.message(user.id, message.text or ""), self._turns.turn(user.id):
            try:
                await self._handle_message(message, user, pasted=pasted)
            except Exception as error:  # noqa: BLE001 - every message gets a reply
                await failures.excuse_to_writer(message, user, error)

    async def press(self, query: CallbackQuery) -> None:
        """Do what a button says, if it is allowed, and show the resulting screen."""
        answer = QueryAnswer(query)
        moment = Translator(replies.language(query.from_user)).label("One moment…")
        async with answer.soon(moment), self._turns.turn(query.from_user.id):
            try:
                await self._press(query, answer)
            except Exception as error:  # noqa: BLE001 - no button may hang
                await failures.excuse_to_presser(answer, query.from_user, error)

    async def tell_left_out(self, sender: Sender, count: int) -> None:
        """Tell an admin how many of their updates found no room."""
        await self._bot.send_message(sender.chat, replies.left_out(sender.language_code, count))

    async def _handle_message(self, message: Message, user: User, *, pasted: bool) -> None:
        text, note = message.text or "", ""
        if word := invitation(text):
            note = await self._accept(user, word)
        admin = await self._presenter.admin(user)
        if admin is None:
            if self._admission.dismiss(user.id) or note:
                await message.answer(note or replies.stranger(user), parse_mode=ParseMode.HTML)
            return
        self._admission.meet(user.id)
        if text == "/cancel":
            self._files.cancel(user.id, message.message_id)
        elif self._files.is_cancelled(user.id, message.message_id):
            return
        prompt = await open_question.last(self._desk.redis, admin.admin_id)
        asked = await self._asked(admin, prompt) if prompt else None
        spot = Spot(message.chat.id, prompt.message if prompt else 0, message.message_id)
        if pasted and not (asked and asked.question.secret):
            await self._discard_token(asked, admin, spot)
        elif asked and not text.startswith("/"):
            await self._take(asked, message, user, spot)
        elif asked and text == "/cancel":
            await self._presenter.show(asked.route.screen, asked.visit, spot, asked.visit.say("Cancelled."))
        else:
            await self._presenter.show(self._screens[HOME], await self._presenter.visit(admin, Place()), spot, note)

    async def _discard_token(self, asked: "_Asked | None", admin: Admin, spot: Spot) -> None:
        """A token that was pasted where none is asked for never becomes a block or a name."""
        screen = asked.route.screen if asked else self._screens[HOME]
        visit = asked.visit if asked else await self._presenter.visit(admin, Place())
        note = visit.say("⚠ Your message contained a bot's token. I deleted it and kept nothing of it.")
        await self._presenter.show(screen, visit, spot, note)

    async def _accept(self, user: User, word: str) -> str:
        desk, say = self._desk, Translator(replies.language(user))
        try:
            owners = desk.settings.admin_ids
            bot = await invitations.accept(desk.pool, desk.redis, owners, person(user), word, await self._desk.now_ms())
        except BotError as error:
            return f"⚠ {say.refusal(error)}"
        except UnreachableError:
            self._admission.return_invitation(user.id)
            raise
        return say("You now manage @{bot}.", bot=bot)

    async def _asked(self, admin: Admin, prompt: Prompt) -> "_Asked | None":
        """The question that was shown last, if it was one and they may still answer it."""
        route = self._routes.get(prompt.route)
        if not (route and isinstance(route.handler, Question) and route.is_open_to(admin, prompt.bot)):
            return None
        place = Place(prompt.bot, prompt.step, prompt.block, prompt.choice)
        visit = await self._presenter.visit(admin, place, prompt.revision)
        is_open = prompt.waits(visit.now_ms) and not is_of_no_bot(route.screen, visit)
        return _Asked(route, route.handler, visit) if is_open else None

    async def _take(self, asked: "_Asked", message: Message, user: User, spot: Spot) -> None:
        route, question, visit = asked
        try:
            done = await self._taken(asked, message, user)
        except StaleError as error:
            done = Done(note=escaped(await self._changed(visit, error)))
        except WithdrawnError:
            return
        except UnreachableError:
            raise
        except RecoveryError as error:
            note = f"⚠ {visit.say.refusal(error)}"
            if not await self._stays_elsewhere(asked, spot, note):
                spot = await self._presenter.newest(visit.admin, spot)
                await self._presenter.ask(route, question, visit, spot, note)
            return
        if not await self._stays_elsewhere(asked, spot, done.note or visit.say("Saved to the draft")):
            await self._show_result(done, route, visit, user, await self._presenter.newest(visit.admin, spot))

    async def _taken(self, asked: "_Asked", message: Message, user: User) -> Done:
        """What the admins change themselves while their file is fetched does not cost it."""
        route, question, visit = asked
        heard = incoming.read(message, partial(self._fetch, asked, user, message.message_id))
        while True:
            try:
                return await question.take(visit, heard)
            except StaleError as error:
                if heard.file is None or error.actor != visit.change.actor:
                    raise
                now = (await self._presenter.resolve(route.screen, visit)).view.revision
                visit = await self._presenter.visit(visit.admin, visit.place, now)

    async def _fetch(self, asked: "_Asked", user: User, message_id: int, file: IncomingFile) -> Asset:
        """Whoever may no longer answer when the file is there does not answer."""
        asset = await self._files.fetch(user.id, message_id, file)
        admin = await self._presenter.admin(user)
        if admin is None or not asked.route.is_open_to(admin, asked.visit.place.bot):
            raise WithdrawnError
        return asset

    async def _stays_elsewhere(self, asked: "_Asked", spot: Spot, note: str) -> bool:
        """A question that the admin opened while their file was fetched stays open: the next message answers it."""
        admin = asked.visit.admin
        prompt = await open_question.last(self._desk.redis, admin.admin_id)
        if prompt is None or prompt.is_at(code(asked.route.name), asked.visit.place):
            return False
        other = await self._asked(admin, prompt)
        if other is None:
            return False
        spot = await self._presenter.newest(admin, spot)
        await self._presenter.ask_again(other.route, other.question, other.visit, spot, note)
        return True

    async def _press(self, query: CallbackQuery, answer: QueryAnswer) -> None:
        user, data = query.from_user, query.data or ""
        spot = Spot(query.message.chat.id if query.message else 0, _live(query))
        token = read(self._desk.vault.button_keys, data, Holder(self._id, user.id, spot.chat))
        route = self._routes.get(token.press.route) if token else None
        admin = await self._presenter.admin(user)
        if token and admin and not route:
            await self._refresh_home(admin, spot, answer)
            return
        verdict = judge(token, route, admin, await self._desk.now_ms())
        if verdict is Verdict.REFUSED or not (token and route and admin):
            logger().warning("callback_rejected", admin=user.id, ours=data.startswith(PREFIX))
            await answer.give(Translator(admin.language if admin else replies.language(user)).label("Not available"))
            return
        _, *place, revision = token.press
        visit = await self._presenter.visit(admin, Place(*place), revision)
        if isinstance(route.handler, Action) and verdict is Verdict.GO:
            done = await self._act(route, route.handler, visit, data, answer)
            slow = route.handler.slow
            spot = await self._presenter.newest(admin, spot) if slow else spot
            await self._show_result(done, route, visit, user, spot)
            return
        toast = replies.toast(verdict, visit.say)
        note = escaped(toast) if answer.given else ""
        await answer.give(toast)
        if isinstance(route.handler, Question) and verdict is Verdict.GO:
            await self._presenter.ask(route, route.handler, visit, spot)
        else:
            await self._presenter.show(route.screen, visit, spot, note)

    async def _refresh_home(self, admin: Admin, spot: Spot, answer: QueryAnswer) -> None:
        """A button with our signature and an unknown route is from before an update of the manager."""
        visit = await self._presenter.visit(admin, Place())
        await answer.give(replies.toast(Verdict.REDRAW, visit.say))
        await self._presenter.show(self._screens[HOME], visit, spot)

    async def _act(self, route: Route, action: Action, visit: Visit, data: str, answer: QueryAnswer) -> Done:
        """A slow action is answered first. A toast that comes too late goes on the screen."""
        if action.slow:
            await answer.give(visit.say.label("One moment…"))
        try:
            done = await self._do(route, action, visit, data)
        except StaleError as error:
            done = Done(await self._changed(visit, error))
        except UnreachableError:
            raise
        except RecoveryError as error:
            done = Done(note=f"⚠ {visit.say.refusal(error)}")
        if answer.given:
            return done._replace(note=done.note or escaped(done.toast))
        await answer.give(done.toast)
        return done

    async def _do(self, route: Route, action: Action, visit: Visit, data: str) -> Done:
        if action.slow:
            async with self._turns.beside(visit.admin.admin_id, visit.place.bot):
                return await self._do_checked(route, action, visit, data)
        return await self._do_checked(route, action, visit, data)

    async def _do_checked(self, route: Route, action: Action, visit: Visit, data: str) -> Done:
        resolved = await self._presenter.resolve(route.screen, visit)
        if resolved.gone or resolved.view.revision != visit.revision:
            raise StaleError(*await members.last_change(self._desk.pool, visit.place.bot))
        return await (self._do_once(action, visit, data) if action.once else action.act(visit))

    async def _do_once(self, action: Action, visit: Visit, data: str) -> Done:
        """An action that refuses has done nothing and may be tried again: equal taps come one at a time."""
        if not await single_use.is_first(self._desk.redis, data, LIFETIME_S):
            return Done(visit.say.label("That has already been done"))
        try:
            return await action.act(visit)
        except RecoveryError:
            await single_use.give_back(self._desk.redis, data)
            raise

    async def _show_result(self, done: Done, route: Route, visit: Visit, user: User, spot: Spot) -> None:
        """Read rights and language again: the action may have changed them."""
        admin = await self._presenter.admin(user)
        if admin is None:
            return
        place = done.place if done.to else visit.place
        visit = await self._presenter.visit(admin, place)
        screen = self._screens[done.to] if done.to else route.screen
        if done.view:
            await self._presenter.choose(screen, route, visit, spot, done.view)
        else:
            await self._presenter.show(screen, visit, spot, done.note)

    async def _changed(self, visit: Visit, error: StaleError) -> str:
        """Who changed it in the meantime, and when; no name if it was the admin themselves."""
        say = visit.say
        who = await members.called(self._desk.pool, error.actor)
        if not who or error.actor == visit.change.actor:
            return say.label("This has changed in the meantime. Check and tap again")
        return say.label("Changed by {who} {ago}", who=who, ago=say.ago(visit.now_ms - error.at_ms))


class _Asked(NamedTuple):
    """An open question, and the visit in which it was asked."""

    route: Route
    question: Question
    visit: Visit


def _live(query: CallbackQuery) -> int:
    """The message of a press; 0 if it is too old to be edited."""
    return 0 if query.message is None or isinstance(query.message, InaccessibleMessage) else query.message.message_id
