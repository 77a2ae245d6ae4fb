"""Each refusal of the gate wins over all later ones, and every reason is on the closed list."""

from itertools import combinations
from typing import Any, NamedTuple

import pytest

from engine.core.delivery.gate import EndEpisode, Facts, Pass, Plan, Reason, SkipStep, Verdict, Wait, judge


class Refusal(NamedTuple):
    """The facts and the plan that make the gate refuse, and its verdict."""

    facts: dict[str, Any]
    plan: dict[str, Any]
    verdict: Verdict


ORDER = {
    "the bot is suspended": Refusal({"bot_status": "suspended"}, {}, Wait(Reason.BOT_HELD)),
    "the campaign is stopped": Refusal({"campaign_state": "stopped"}, {}, EndEpisode(Reason.STOPPED)),
    "all is stopped": Refusal({"emergency_stop": True}, {}, Wait(Reason.BOT_HELD)),
    "the campaign is a draft": Refusal({"campaign_state": "draft"}, {}, EndEpisode(Reason.CAMPAIGN_INACTIVE)),
    "the person is back": Refusal({"returned": True}, {}, EndEpisode(Reason.RETURNED)),
    "the person is an admin": Refusal({"admin": True}, {}, EndEpisode(Reason.CANCELLED)),
    "nobody can be reached": Refusal({"reachable": False}, {}, EndEpisode(Reason.UNREACHABLE)),
    "the person opted out": Refusal({"opted_out": True}, {}, EndEpisode(Reason.OPTED_OUT)),
    "the person paid": Refusal({"paid": True}, {}, EndEpisode(Reason.PAID)),
    "the silence is doubted": Refusal({"doubted": True}, {}, EndEpisode(Reason.DOUBTED)),
    "the step is deleted": Refusal({}, {"step_refusal": Reason.STEP_DELETED}, SkipStep(Reason.STEP_DELETED)),
    "the window is closed": Refusal({}, {"window_opens_ms": 5}, Wait(Reason.WINDOW_CLOSED, 5)),
    "the episode is too old": Refusal({}, {"expired": True}, EndEpisode(Reason.EXPIRED)),
    "enough was sent": Refusal({"room_ms": 5}, {}, Wait(Reason.CAP, 5)),
    "it is too late": Refusal({}, {"late": True}, SkipStep(Reason.LATE)),
    "the campaign is in shadow": Refusal({"campaign_state": "shadow"}, {}, SkipStep(Reason.SHADOW)),
}


def ask(*refusals: Refusal) -> Verdict:
    """Judge with all of them at once; the first has the last word on a fact that two of them name."""
    facts: dict[str, Any] = {}
    plan: dict[str, Any] = {"skip_paid": True}
    for refusal in reversed(refusals):
        facts |= refusal.facts
        plan |= refusal.plan
    return judge(Facts(**facts), Plan(**plan))


def test_nothing_against_it_passes() -> None:
    assert ask() == Pass()


@pytest.mark.parametrize("name", ORDER)
def test_each_refusal_alone(name: str) -> None:
    assert ask(ORDER[name]) == ORDER[name].verdict


@pytest.mark.parametrize(("earlier", "later"), [*combinations(ORDER, 2)])
def test_an_earlier_refusal_wins(earlier: str, later: str) -> None:
    assert ask(ORDER[earlier], ORDER[later]) == ORDER[earlier].verdict


def test_a_window_that_drops_lets_nothing_wait() -> None:
    assert judge(Facts(), Plan(skip_paid=True, window_opens_ms=5, outside_drops=True)) == SkipStep(Reason.WINDOW_CLOSED)
    assert judge(Facts(), Plan(skip_paid=True, outside_drops=True)) == Pass()


@pytest.mark.parametrize(
    ("room_ms", "latest_ms", "verdict"),
    [(5, 6, Wait(Reason.CAP, 5)), (5, 5, Wait(Reason.CAP, 5)), (6, 5, SkipStep(Reason.CAP)), (None, 5, Pass())],
)
def test_where_enough_was_sent_it_waits_for_room_unless_that_is_too_late(
    room_ms: int | None, latest_ms: int, verdict: Verdict
) -> None:
    assert judge(Facts(room_ms=room_ms), Plan(skip_paid=True, latest_ms=latest_ms)) == verdict


def test_all_at_once_is_the_first() -> None:
    assert ask(*ORDER.values()) == Wait(Reason.BOT_HELD)


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (Facts(bot_status="paused"), Wait(Reason.BOT_HELD)),
        (Facts(bot_status="removed"), EndEpisode(Reason.STOPPED)),
        (Facts(campaign_state="paused"), Wait(Reason.BOT_HELD)),
        (Facts(campaign_state="finishing"), Pass()),
    ],
)
def test_where_the_bot_and_its_campaign_stand(facts: Facts, verdict: Verdict) -> None:
    assert judge(facts, Plan(skip_paid=True)) == verdict


def test_customers_who_paid_are_written_to_when_the_campaign_says_so() -> None:
    assert judge(Facts(paid=True), Plan(skip_paid=False)) == Pass()


def test_the_list_of_reasons_is_closed() -> None:
    ends = "completed returned paid opted_out unreachable stopped campaign_inactive expired cancelled doubted"
    skips = "step_off step_deleted late cap never_fits refused media_missing internal_error"
    quiet = "shadow"
    waits = "version_changed feed_stale redis_lost bot_held retry_after window_closed"
    assert [str(reason) for reason in Reason] == f"{ends} {skips} {quiet} {waits}".split()
