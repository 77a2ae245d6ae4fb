"""What a screen is: loaded, then told as text and buttons, with the actions and questions that its buttons may ask for.

A screen is one module of `bot/screens`, of the same shape as every other, and names itself there in `SCREEN`. All that
it shows is described by its place and by what the engine knows, so it survives every restart. What leads back and home
and the line that says where one is are drawn by the frame, from `parent`, `scope` and `title`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple

from bot.framework.i18n import Translator
from bot.framework.incoming import Said
from engine.administration.context import Desk
from engine.administration.members import Admin
from engine.core.change import Change
from engine.core.roles import Role


class Scope(IntEnum):
    """How much of a place a screen is about."""

    HOME = 0
    BOT = 1
    STEP = 2
    BLOCK = 3


class Place(NamedTuple):
    """Where a screen stands: codes of keys for step and block, 0 is none; `choice` is a page, or one of several."""

    bot: int = 0
    step: int = 0
    block: int = 0
    choice: int = 0

    def within(self, scope: Scope) -> "Place":
        return Place(*self[:scope])


class Visit(NamedTuple):
    """One look at a screen, or one press of a button.

    `bot` is the name of the bot of the place, "" at home and where it is removed.
    """

    desk: Desk
    admin: Admin
    place: Place
    say: Translator
    now_ms: int
    bot: str = ""
    manager: str = ""
    """The manager's own name."""
    revision: int = 0
    """That of what was shown when the button was drawn."""

    @property
    def change(self) -> Change:
        return Change(f"admin:{self.admin.admin_id}", self.now_ms)


class Button(NamedTuple):
    """`deed` is the name of a screen, or of an action or question as `screen.name`; `label` is plain text."""

    label: str
    deed: str
    place: Place


class Link(NamedTuple):
    """A button that opens an address."""

    label: str
    url: str


Rows = Sequence[Sequence[Button | Link]]


class View(NamedTuple):
    """`text` is HTML. `revision` changes with whatever a button of the screen may change.

    `listens` names the question of the screen that a message answers while it is open, without a press.
    """

    text: str
    rows: Rows = ()
    revision: int = 0
    listens: str = ""


class Done(NamedTuple):
    """What came of an action or an answer: what is told in passing, and which screen is shown then, if another.

    `note` stands on that screen once, as HTML; `view` is shown in place of a screen, to choose from.
    """

    told: str = ""
    to: str = ""
    place: Place = Place()
    note: str = ""
    view: View | None = None


Act = Callable[[Visit], Awaitable[Done]]
"""Does what a button says. Raises RecoveryError."""


class Action(NamedTuple):
    """`once`: it changes no revision, so that each drawing of its button counts once. `slow`: it may take seconds."""

    needs: Role | None
    act: Act
    once: bool = False
    slow: bool = False


class Question(NamedTuple):
    """Asks by the sentence `asks` for a message, which `take` takes, or refuses with a RecoveryError.

    `secret`: for a bot's token, which nothing else takes.
    """

    needs: Role
    asks: Callable[[Visit], str]
    take: Callable[[Visit, Said], Awaitable[Done]]
    secret: bool = False


class Screen(NamedTuple):
    """`needs` is the role on the bot of the place; None: whoever is an admin at all.

    `load` raises NotFoundError for what is gone; then the parent is shown.
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
"""The screen where everything begins, and to which whatever is gone leads back."""
