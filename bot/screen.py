"""What a screen is: loaded, then told as text and buttons, with the actions that its buttons may ask for.

A screen is one module of `bot/screens`, of the same shape as every other, and names itself there in `SCREEN`. All that
it shows is described by its place and by what the engine knows, so it survives every restart.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from bot.texts import Say
from engine.admins import Admin
from engine.core.campaign import Change
from engine.core.rights import Role
from engine.desk import Desk


class Place(NamedTuple):
    """Where a screen stands: codes of keys for step and block, 0 is none; `choice` is a page, or one of several."""

    bot: int = 0
    step: int = 0
    block: int = 0
    choice: int = 0


class Visit(NamedTuple):
    """One look at a screen, or one press of a button."""

    desk: Desk
    admin: Admin
    place: Place
    say: Say
    now_ms: int
    revision: int = 0
    """That of what was shown when the button was drawn."""

    @property
    def change(self) -> Change:
        return Change(f"admin:{self.admin.admin_id}", self.now_ms)


class Button(NamedTuple):
    """`deed` is the name of a screen, or of an action as `screen.action`; `label` is plain text."""

    label: str
    deed: str
    place: Place


class View(NamedTuple):
    """`text` is HTML. `revision` changes with whatever a button of the screen may change."""

    text: str
    rows: Sequence[Sequence[Button]]
    revision: int = 0


Act = Callable[[Visit], Awaitable[str]]
"""Does what a button says, and gives what is to be told in passing. Raises RecoveryError."""


class Action(NamedTuple):
    needs: Role | None
    act: Act


class Question(NamedTuple):
    """Asks for a text by the sentence `asks`; `hint` is said when `take` refuses the text with a CampaignError."""

    needs: Role
    asks: Callable[[Say], str]
    take: Callable[[Visit, str], Awaitable[None]]
    hint: Callable[[Say], str]


class Screen(NamedTuple):
    """`needs` is the role on the bot of the place; None: whoever is an admin at all."""

    name: str
    needs: Role | None
    load: Callable[[Visit], Awaitable[Any]]
    view: Callable[[Visit, Any], View]
    actions: Mapping[str, Action] = {}
    questions: Mapping[str, Question] = {}


HOME: Final = "home"
"""The screen where everything begins, and to which whatever is gone leads back."""
