"""Whether a press of a button may do what it says: signature, person, right, age and revision, in this order. Pure.

The table of what follows from each is `Verdict`. A press that proves nothing is told nothing about why.
"""

from enum import StrEnum
from typing import NamedTuple

from bot.framework.callbacks import Token
from bot.framework.screen import Action, Question, Scope, Screen
from engine.administration.members import Admin
from engine.core.roles import Role, suffices


class Verdict(StrEnum):
    GO = "go"
    SHOW_ANEW = "old navigation: the screen is drawn anew"
    PRESS_AGAIN = "an old button: nothing is done, and the screen drawn anew"
    REFUSED = "not available, and it is not said why"


class Deed(NamedTuple):
    """What a code stands for: a screen, or something that it does; `name` as buttons know it."""

    name: str
    screen: Screen
    does: Action | Question | None = None

    @property
    def needs(self) -> Role | None:
        return self.does.needs if self.does else self.screen.needs

    def is_open_to(self, admin: Admin, bot_id: int) -> bool:
        """What concerns all bots is for those who own all, whatever bot a button names."""
        return may(admin, self.needs, 0 if self.screen.scope is Scope.HOME else bot_id)


def judge(token: Token | None, deed: Deed | None, admin: Admin | None, now_ms: int) -> Verdict:
    """All but the revision, which is known once the screen is loaded."""
    if token is None or deed is None or admin is None or not deed.is_open_to(admin, token.press.bot):
        return Verdict.REFUSED
    if not token.is_old(now_ms):
        return Verdict.GO
    return Verdict.PRESS_AGAIN if isinstance(deed.does, Action) else Verdict.SHOW_ANEW


def may(admin: Admin, needs: Role | None, bot_id: int) -> bool:
    return needs is None or suffices(admin.role(bot_id), needs)
