"""No storm of equal lines fills a log, none of its lines goes untold, and no other line is held back by it."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import RecoveryError
from engine.runtime import repeated_lines, telemetry
from engine.runtime.repeated_lines import A_SECOND, MORE, MOST_KINDS, RepeatedLines
from engine.runtime.telemetry import configure, configure_safely, logger
from engine.settings import load_settings
from tests.runtime.test_telemetry import ENVIRON


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The clock of a log in JSON."""
    clock = Clock()
    monkeypatch.setattr(telemetry, "repeated", RepeatedLines(clock))
    configure(load_settings({**ENVIRON, "LOG_FORMAT": "json"}, Path("none")))
    yield clock
    configure_safely()


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def counted(lines: list[dict[str, Any]]) -> int:
    return sum(line.get(MORE, 1) for line in lines)


@pytest.mark.parametrize("level", ["warning", "error", "exception"])
def test_equal_lines_are_printed_a_few_times_a_second_and_counted(
    clock: Clock, capsys: pytest.CaptureFixture[str], level: str
) -> None:
    for _ in range(10):
        for stranger in range(570):
            getattr(logger(), level)("Request refused", bot="shop_bot", stranger=stranger)
        clock.now_s += 1
    telemetry.repeated.tell()
    lines = printed(capsys)
    assert len(lines) == 10 * A_SECOND + 1
    assert counted(lines) == 5_700
    assert (lines[-1]["event"], lines[-1]["bot"], lines[-1][MORE]) == ("Request refused", "shop_bot", 5_650)


@pytest.mark.usefixtures("clock")
def test_a_storm_holds_back_no_other_line(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(100):
        for _ in range(100):
            logger().warning("Request refused", bot="shop_bot")
        logger().error("Bot is not served", bot=f"bot_{number}")
        logger().info("Recovery step sent", bot="shop_bot", chat=number)
    logger().critical("Process failed")
    lines = Counter(line["event"] for line in printed(capsys))
    assert lines == {
        "Request refused": A_SECOND,
        "Bot is not served": 100,
        "Recovery step sent": 100,
        "Process failed": 1,
    }


@pytest.mark.usefixtures("clock")
def test_errors_of_another_class_or_place_are_other_lines(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(50):
        for kind in (ValueError, KeyError):
            try:
                raise kind
            except LookupError:
                logger().exception("Turn failed")
            except ValueError:
                logger().exception("Turn failed")
        logger().error("Turn failed", exc_info=OSError())
        logger().error("Turn failed", error=TimeoutError())
        logger().error("Turn failed", error=RecoveryError("Redis is down: start it."))
    lines = printed(capsys)
    assert len(lines) == 5 * A_SECOND
    assert all(name in str(lines) for name in ("ValueError", "KeyError", "OSError", "TimeoutError", "Redis is down"))


@pytest.mark.usefixtures("clock")
def test_a_quiet_minute_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    logger().warning("Request refused")
    telemetry.repeated.tell()
    telemetry.repeated.tell()
    assert len(printed(capsys)) == 1


@pytest.mark.usefixtures("clock")
def test_the_count_is_told_by_itself_after_a_while(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeated_lines, "TOLD_AFTER_S", 0.0)
    for _ in range(A_SECOND):
        logger().warning("Request refused")
    logger().warning("Request refused")
    timer = telemetry.repeated._timer
    if timer is not None:
        timer.join()
    assert [line.get(MORE) for line in printed(capsys)] == [None] * A_SECOND + [1]


def test_kinds_without_a_number_are_counted_in_bounded_memory() -> None:
    """Even if a stranger found a way to choose what tells lines apart."""
    lines, kept = RepeatedLines(Clock()), 0
    for _ in range(2 * A_SECOND):
        for number in range(2 * MOST_KINDS):
            kept += is_kept(lines, "warning", library=f"{number}" * 1_000)
    assert len(lines._counts) <= MOST_KINDS + 1
    assert max(len(str(kind)) for kind in lines._counts) < 1_000
    assert kept <= (MOST_KINDS + 1) * A_SECOND
    assert kept + sum(fields[MORE] for _, fields in lines._take()) == 4 * A_SECOND * MOST_KINDS


def test_kinds_that_are_over_make_room() -> None:
    clock = Clock()
    lines = RepeatedLines(clock)
    for _ in range(3):
        assert all(is_kept(lines, "error", library=f"{clock.now_s} {number}") for number in range(MOST_KINDS))
        clock.now_s += 1


def is_kept(lines: RepeatedLines, method: str, **subjects: object) -> bool:
    try:
        lines(None, method, {"event": "x", **subjects})
    except structlog.DropEvent:
        return False
    return True


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["warning", "error"]), st.integers(0, 3), st.sampled_from([0.0, 0.3, 1.0]), st.booleans()
        ),
        max_size=200,
    )
)
def test_every_line_is_printed_or_told_and_no_second_has_more_than_its_share(
    deeds: list[tuple[str, int, float, bool]],
) -> None:
    clock = Clock()
    lines = RepeatedLines(clock)
    kept: Counter[tuple[str, int, int]] = Counter()
    told: Counter[tuple[str, int]] = Counter()
    for method, bot, pause_s, tells in deeds:
        kept[method, bot, int(clock.now_s)] += is_kept(lines, method, bot=bot, stranger=object())
        if tells:
            told.update({(method, fields["bot"]): fields[MORE] for method, fields in lines._take()})
        clock.now_s += pause_s
    told.update({(method, fields["bot"]): fields[MORE] for method, fields in lines._take()})
    assert all(count <= A_SECOND for count in kept.values())
    assert sum(kept.values()) + sum(told.values()) == len(deeds)
