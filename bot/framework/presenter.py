"""Shows screens and asks questions in an admin's live message, with fresh buttons each time."""

from collections.abc import Mapping
from typing import NamedTuple

from aiogram import Bot
from aiogram.types import User

from bot.framework.callbacks import Holder, code
from bot.framework.guard import Route, may
from bot.framework.i18n import Translator
from bot.framework.live_message import LiveMessage
from bot.framework.render import RenderedScreen, Renderer
from bot.framework.screen import Place, Question, Scope, Screen, View, Visit
from engine.administration import bot_views, members, open_question
from engine.administration.context import Desk
from engine.administration.members import Admin, Visitor
from engine.administration.open_question import Prompt
from engine.core.errors import NotFoundError


class Spot(NamedTuple):
    """Where to show: in the live message, or below the admin's own `message`. 0 means none."""

    chat: int
    live: int = 0
    message: int = 0


class ResolvedScreen(NamedTuple):
    """A screen as it is now; if the one that was asked for is gone, one of its parents."""

    screen: Screen
    visit: Visit
    view: View
    gone: bool = False


class Presenter:
    def __init__(self, desk: Desk, bot: Bot, name: str, screens: Mapping[str, Screen]) -> None:
        self._desk = desk
        self._screens = screens
        self._id = bot.id
        self._name = name
        self._live = LiveMessage(bot)
        self._renderer = Renderer(screens, desk.vault.button_keys[0])

    async def admin(self, user: User) -> Admin | None:
        """The admin with their current rights; None for a stranger."""
        desk = self._desk
        return await members.enter(desk.pool, desk.settings.admin_ids, person(user), await desk.now_ms())

    async def visit(self, admin: Admin, place: Place, revision: int = 0) -> Visit:
        """A look at a place, now."""
        bot, now_ms = await bot_views.name(self._desk.pool, place.bot) if place.bot else "", await self._desk.now_ms()
        return Visit(self._desk, admin, place, Translator(admin.language), now_ms, bot, self._name, revision)

    async def resolve(self, screen: Screen, visit: Visit) -> ResolvedScreen:
        """A screen leads to its parent if it is gone, if its bot is, or if the admin may not see it."""
        try:
            if may(visit.admin, screen.needs, visit.place.bot) and not is_of_no_bot(screen, visit):
                return ResolvedScreen(screen, visit, screen.view(visit, await screen.load(visit)))
        except NotFoundError:
            if not screen.parent:
                raise
        parent = self._screens[screen.parent]
        found = await self.resolve(parent, visit._replace(place=visit.place.within(parent.scope)))
        return found._replace(gone=True)

    async def show(self, screen: Screen, visit: Visit, spot: Spot, note: str = "") -> None:
        """Show a screen, and wait for the message that it listens for."""
        resolved = await self.resolve(screen, visit)
        gone = visit.say("That is no longer there.") if resolved.gone else ""
        note = "\n".join(part for part in (note, gone) if part)
        drawn = self._renderer.screen(resolved.screen, resolved.visit, resolved.view, self._holder(visit, spot), note)
        await self._listen(resolved, await self._draw(drawn, spot))

    async def choose(self, screen: Screen, route: Route, visit: Visit, spot: Spot, view: View) -> None:
        """Show a choice in place of the screen that asked. The admin may also send another answer."""
        live = await self._draw(self._renderer.screen(screen, visit, view, self._holder(visit, spot)), spot)
        await self._wait(route.name, visit._replace(revision=view.revision), live)

    async def ask(self, route: Route, question: Question, visit: Visit, spot: Spot, note: str = "") -> None:
        """Ask a question; `note` says why it is asked again. Nothing is asked about a removed bot."""
        if is_of_no_bot(route.screen, visit):
            await self.show(route.screen, visit, spot)
            return
        drawn = self._renderer.question(route.screen, visit, question.asks(visit), self._holder(visit, spot), note)
        live = await self._draw(drawn, spot)
        await self._wait(route.name, visit, live)

    async def ask_again(self, route: Route, question: Question, visit: Visit, spot: Spot, note: str) -> None:
        """Show an open question with a note. The screens that listen are shown themselves."""
        resolved = await self.resolve(route.screen, visit)
        if route.name == f"{resolved.screen.name}.{resolved.view.listens}":
            await self.show(route.screen, visit, spot, note)
        else:
            await self.ask(route, question, visit, spot, note)

    async def newest(self, admin: Admin, spot: Spot) -> Spot:
        """The same spot after slow work, during which the live message may have become another one."""
        prompt = await open_question.last(self._desk.redis, admin.admin_id)
        return spot._replace(live=prompt.message) if prompt else spot

    async def delete(self, spot: Spot) -> None:
        """Delete the admin's message."""
        await self._live.delete(spot.chat, spot.message)

    async def _draw(self, drawn: RenderedScreen, spot: Spot) -> int:
        """Returns the id of the message that is live now."""
        if spot.message:
            return await self._live.below(spot.chat, spot.live, spot.message, drawn)
        return await (self._live.edit(spot.chat, spot.live, drawn) if spot.live else self._live.send(spot.chat, drawn))

    async def _listen(self, resolved: ResolvedScreen, live: int) -> None:
        """A message answers the question that the screen listens for, if the admin may answer it."""
        screen, visit, heard = resolved.screen, resolved.visit, resolved.view.listens
        listens = bool(heard) and may(visit.admin, screen.questions[heard].needs, visit.place.bot)
        name = f"{screen.name}.{heard}" if listens else screen.name
        await self._wait(name, visit._replace(revision=resolved.view.revision), live)

    async def _wait(self, route: str, visit: Visit, live: int) -> None:
        prompt = Prompt(code(route), *visit.place, visit.revision, live, visit.now_ms)
        await open_question.put(self._desk.redis, visit.admin.admin_id, prompt)

    def _holder(self, visit: Visit, spot: Spot) -> Holder:
        return Holder(self._id, visit.admin.admin_id, spot.chat)


def is_of_no_bot(screen: Screen, visit: Visit) -> bool:
    """Whether its bot is removed or never existed: owners of all bots have a right on any id."""
    return screen.scope is not Scope.HOME and not visit.bot


def person(user: User) -> Visitor:
    return Visitor(user.id, user.full_name, user.language_code)
