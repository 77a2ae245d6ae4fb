"""What a screen is: it loads data, shows it as text and buttons, and has the actions and questions of its buttons.

Each screen is one module of `bot/screens`, all of the same shape, described by its `SCREEN`. What it shows depends only
on its place and on what the engine knows, so it survives every restart. The framework draws the ways back and home and
the trail above, from `parent`, `scope` and `title`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple

from bot.framework.i18n import Translator
from bot.framework.incoming import IncomingMessage
from engine.administration.context import Desk
from engine.administration.members import Admin
from engine.core.change import Change
from engine.core.roles import Role


class Scope(IntEnum):
    """How deep into a place a screen goes."""

    HOME = 0
    BOT = 1
    STEP = 2
    BLOCK = 3


class Place(NamedTuple):
    """What a screen is about: a bot, and codes of keys for step and block, 0 for none.

    `choice` is a page, or one of several items.
    """

    bot: int = 0
    step: int = 0
    block: int = 0
    choice: int = 0

    def within(self, scope: Scope) -> "Place":
        return Place(*self[:scope])


class Visit(NamedTuple):
    """One look at a screen, or one press of a button.

    `bot` is the bot's name: "" on the home screen, and for a bot that is removed.
    """

    desk: Desk
    admin: Admin
    place: Place
    say: Translator
    now_ms: int
    bot: str = ""
    manager: str = ""
    """The manager's own username."""
    revision: int = 0
    """The revision that was shown when the button was drawn."""

    @property
    def change(self) -> Change:
        return Change(f"admin:{self.admin.admin_id}", self.now_ms)


class Button(NamedTuple):
    """`route` is the name of a screen, or `screen.name` for an action or question; `label` is plain text."""

    label: str
    route: str
    place: Place


class Link(NamedTuple):
    """A button that opens a URL."""

    label: str
    url: str


Rows = Sequence[Sequence[Button | Link]]


class View(NamedTuple):
    """`text` is HTML. `revision` changes with anything that a button of the screen may change.

    `listens` names the question that a message answers while the screen is open, without a press.
    """

    text: str
    rows: Rows = ()
    revision: int = 0
    listens: str = ""


class Done(NamedTuple):
    """The result of an action or an answer: a toast, and the screen to show next, if it is another one.

    `note` is shown on that screen once, as HTML; `view` is shown in place of a screen, as a choice.
    """

    toast: str = ""
    to: str = ""
    place: Place = Place()
    note: str = ""
    view: View | None = None


Act = Callable[[Visit], Awaitable[Done]]
"""Does what a button says. Raises RecoveryError."""


class Action(NamedTuple):
    """`once`: it changes no revision, so each drawn button works only once. `slow`: it may take seconds."""

    needs: Role | None
    act: Act
    once: bool = False
    slow: bool = False


class Question(NamedTuple):
    """Asks with the sentence `asks` for a message, which `take` accepts, or refuses with a RecoveryError.

    `secret`: it asks for a bot's token. A token is deleted wherever else it is pasted.
    """

    needs: Role
    asks: Callable[[Visit], str]
    take: Callable[[Visit, IncomingMessage], Awaitable[Done]]
    secret: bool = False


class Screen(NamedTuple):
    """`needs` is the role that the admin must have on the bot; None is open to every admin.

    If `load` raises NotFoundError, the parent is shown.
    """

    name: str
    scope: Scope
    parent: str
    title: Callable[[Translator], str]
    needs: Role | None
    load: Callable[[Visit], Awaitable[Any]]
    view: Callable[[Visit, Any], View]
    actions: Mapping[str, Action] = {}
    questions: Mapping[str, Question] = {}


HOME: Final = "home"
"""The first screen, to which everything leads back."""
