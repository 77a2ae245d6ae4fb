"""Where screens are shown and questions asked: in the live message of an admin, with fresh buttons each time."""

from collections.abc import Mapping
from typing import NamedTuple

from aiogram import Bot
from aiogram.types import User

from bot.framework.callbacks import Holder, code
from bot.framework.guard import Deed, may
from bot.framework.i18n import Translator
from bot.framework.live_message import Live
from bot.framework.render import Drawn, Pen
from bot.framework.screen import Place, Question, Scope, Screen, View, Visit
from engine.administration import bot_views, members, open_question
from engine.administration.context import Desk
from engine.administration.members import Admin, Visitor
from engine.administration.open_question import Prompt
from engine.core.errors import NotFoundError


class Spot(NamedTuple):
    """Where to show: in the live message, or below what the admin has said. 0: there is none."""

    chat: int
    live: int = 0
    said: int = 0


class Look(NamedTuple):
    """A screen as it stands now; another one than was asked for, if that is gone."""

    screen: Screen
    visit: Visit
    view: View
    gone: bool = False


class Stage:
    def __init__(self, desk: Desk, bot: Bot, name: str, screens: Mapping[str, Screen]) -> None:
        self._desk = desk
        self._screens = screens
        self._id = bot.id
        self._name = name
        self._live = Live(bot)
        self._pen = Pen(screens, desk.vault.button_keys[0])

    async def admin(self, user: User) -> Admin | None:
        """Who this is, with the rights of this moment; None for a stranger."""
        desk = self._desk
        return await members.enter(desk.pool, desk.settings.admin_ids, person(user), await desk.now_ms())

    async def visit(self, admin: Admin, place: Place, revision: int = 0) -> Visit:
        """At this moment."""
        bot, now_ms = await bot_views.name(self._desk.pool, place.bot) if place.bot else "", await self._desk.now_ms()
        return Visit(self._desk, admin, place, Translator(admin.language), now_ms, bot, self._name, revision)

    async def look(self, screen: Screen, visit: Visit) -> Look:
        """What is gone leads to its parent, as does what the admin may not see, and every place in a removed bot."""
        try:
            if may(visit.admin, screen.needs, visit.place.bot) and not is_of_no_bot(screen, visit):
                return Look(screen, visit, screen.view(visit, await screen.load(visit)))
        except NotFoundError:
            if not screen.parent:
                raise
        parent = self._screens[screen.parent]
        found = await self.look(parent, visit._replace(place=visit.place.within(parent.scope)))
        return found._replace(gone=True)

    async def show(self, screen: Screen, visit: Visit, spot: Spot, note: str = "") -> None:
        """Show a screen; what it listens to is waited for from now on."""
        look = await self.look(screen, visit)
        gone = visit.say("That is no longer there.") if look.gone else ""
        note = "\n".join(part for part in (note, gone) if part)
        drawn = self._pen.screen(look.screen, look.visit, look.view, self._holder(visit, spot), note)
        await self._listen(look, await self._draw(drawn, spot))

    async def choose(self, screen: Screen, deed: Deed, visit: Visit, spot: Spot, view: View) -> None:
        """Show what there is to choose from, in place of the screen that asked; another answer is taken meanwhile."""
        live = await self._draw(self._pen.screen(screen, visit, view, self._holder(visit, spot)), spot)
        await self._wait(deed.name, visit._replace(revision=view.revision), live)

    async def ask(self, deed: Deed, question: Question, visit: Visit, spot: Spot, note: str = "") -> None:
        """Ask it; `note` says why once more. In a removed bot nothing is asked."""
        if is_of_no_bot(deed.screen, visit):
            await self.show(deed.screen, visit, spot)
            return
        drawn = self._pen.question(deed.screen, visit, question.asks(visit), self._holder(visit, spot), note)
        live = await self._draw(drawn, spot)
        await self._wait(deed.name, visit, live)

    async def delete(self, spot: Spot) -> None:
        """Take away what the admin has said."""
        await self._live.delete(spot.chat, spot.said)

    async def _draw(self, drawn: Drawn, spot: Spot) -> int:
        """Returns which message is the live one now."""
        if spot.said:
            return await self._live.below(spot.chat, spot.live, spot.said, drawn)
        return await (self._live.edit(spot.chat, spot.live, drawn) if spot.live else self._live.send(spot.chat, drawn))

    async def _listen(self, look: Look, live: int) -> None:
        """A message answers the question to which the screen listens, if the admin may answer it."""
        screen, visit, heard = look.screen, look.visit, look.view.listens
        listens = bool(heard) and may(visit.admin, screen.questions[heard].needs, visit.place.bot)
        name = f"{screen.name}.{heard}" if listens else screen.name
        await self._wait(name, visit._replace(revision=look.view.revision), live)

    async def _wait(self, deed: str, visit: Visit, live: int) -> None:
        prompt = Prompt(code(deed), *visit.place, visit.revision, live, visit.now_ms)
        await open_question.put(self._desk.redis, visit.admin.admin_id, prompt)

    def _holder(self, visit: Visit, spot: Spot) -> Holder:
        return Holder(self._id, visit.admin.admin_id, spot.chat)


def is_of_no_bot(screen: Screen, visit: Visit) -> bool:
    """Whether its bot is removed, or never was: who owns all has a right on whichever is named."""
    return screen.scope is not Scope.HOME and not visit.bot


def person(user: User) -> Visitor:
    return Visitor(user.id, user.full_name, user.language_code)
