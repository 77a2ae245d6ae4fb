"""The states of a campaign, and where each action of an admin leads."""

from typing import Final, Literal, TypeAlias

from engine.core.errors import CampaignError, Phrase

State: TypeAlias = Literal["draft", "shadow", "live", "paused", "finishing", "stopped"]
"""`shadow` records what it would send, and sends nothing."""
Action: TypeAlias = Literal["activate", "shadow", "pause", "resume", "finish", "stop"]

_NEXT: Final[dict[tuple[State, Action], State]] = {
    ("draft", "activate"): "live",
    ("shadow", "activate"): "live",
    ("live", "activate"): "live",
    ("paused", "activate"): "live",
    ("finishing", "activate"): "live",
    ("stopped", "activate"): "live",
    ("draft", "shadow"): "shadow",
    ("shadow", "shadow"): "shadow",
    ("stopped", "shadow"): "shadow",
    ("live", "pause"): "paused",
    ("paused", "pause"): "paused",
    ("finishing", "pause"): "paused",
    ("live", "resume"): "live",
    ("paused", "resume"): "live",
    ("finishing", "resume"): "finishing",
    ("live", "finish"): "finishing",
    ("paused", "finish"): "finishing",
    ("finishing", "finish"): "finishing",
    ("shadow", "stop"): "stopped",
    ("live", "stop"): "stopped",
    ("paused", "stop"): "stopped",
    ("finishing", "stop"): "stopped",
    ("stopped", "stop"): "stopped",
}


def after(state: State, action: Action, paused_from: State | None = None) -> State:
    """The state after an admin's action. Repeating an action changes nothing.

    The end of a pause leads back to the state before it.
    """
    if (state, action) not in _NEXT:
        mend = Phrase("stop it first") if "shadow" in (state, action) else Phrase("activate it first")
        raise CampaignError(
            "A campaign that is {state} cannot take {action}: {mend}.", state=state, action=action, mend=mend
        )
    if paused_from and (state, action) == ("paused", "resume"):
        return paused_from
    return _NEXT[state, action]


def activated_at(before: State, state: State, previous_ms: int | None, now_ms: int) -> int | None:
    """The moment from which silences count: a new start counts from now, the end of a pause from the old start.

    A shadow is a start, and so is its end: nobody is sent anything for a silence that the shadow watched.
    """
    starts = before in ("draft", "stopped") if state == "shadow" else before in ("draft", "stopped", "shadow")
    return now_ms if state in ("live", "shadow") and starts else previous_ms


def ends_episodes(before: State, state: State) -> bool:
    """Whether this change of state ends the episodes that are open."""
    return state == "stopped" or (before, state) == ("shadow", "live")
