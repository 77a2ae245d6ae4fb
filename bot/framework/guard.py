"""Whether a press may do what the button says: signature, person, right and age, checked in this order. Pure.

`Verdict` lists what can follow. A press without a valid signature gets no explanation.
"""

from enum import StrEnum
from typing import NamedTuple

from bot.framework.callbacks import Token
from bot.framework.screen import Action, Question, Scope, Screen
from engine.administration.members import Admin
from engine.core.roles import Role, suffices


class Verdict(StrEnum):
    GO = "go"
    REDRAW = "old navigation: the screen is drawn again"
    PRESS_AGAIN = "an old button: nothing is done, and the screen is drawn again"
    REFUSED = "not available, without a reason"


class Route(NamedTuple):
    """What a button can lead to: a screen, or one of its actions or questions. Buttons use its `name`."""

    name: str
    screen: Screen
    handler: Action | Question | None = None

    @property
    def needs(self) -> Role | None:
        return self.handler.needs if self.handler else self.screen.needs

    def is_open_to(self, admin: Admin, bot_id: int) -> bool:
        """What concerns all bots is open only to people who own them all, whichever bot the button names."""
        return may(admin, self.needs, 0 if self.screen.scope is Scope.HOME else bot_id)


def judge(token: Token | None, route: Route | None, admin: Admin | None, now_ms: int) -> Verdict:
    """Check everything but the revision, which is known once the screen is loaded."""
    if token is None or route is None or admin is None or not route.is_open_to(admin, token.press.bot):
        return Verdict.REFUSED
    if not token.is_old(now_ms):
        return Verdict.GO
    return Verdict.PRESS_AGAIN if isinstance(route.handler, Action) else Verdict.REDRAW


def may(admin: Admin, needs: Role | None, bot_id: int) -> bool:
    return needs is None or suffices(admin.role(bot_id), needs)
