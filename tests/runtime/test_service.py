"""The loop that every service shares: a failed turn is logged and repeated; only its end or a cancellation ends it."""

import asyncio
from contextlib import suppress

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import UnreachableError
from engine.runtime.service import pause, run_service, until_the_beat_s
from engine.runtime.telemetry import logger


class Turns:
    """A service whose turns return, or raise, what a test gives; it is over when nothing is left."""

    def __init__(self, *results: int | Exception) -> None:
        self.left = list(results)
        self.rested: list[int | None] = []

    async def run_once(self) -> int:
        result = self.left.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    async def rest(self, result: int | None) -> None:
        self.rested.append(result)

    async def run(self) -> list[structlog.typing.EventDict]:
        with structlog.testing.capture_logs() as lines:
            await run_service(self.run_once, self.rest, "Turn failed", is_over=lambda: not self.left)
        return list(lines)


async def test_each_turn_is_followed_by_a_rest_that_knows_its_result() -> None:
    turns = Turns(1, 2, 3)
    assert await turns.run() == []
    assert turns.rested == [1, 2, 3]


async def test_a_known_failure_is_one_warning_and_the_loop_goes_on() -> None:
    turns = Turns(UnreachableError("Redis does not answer."), 2)
    (line,) = await turns.run()
    assert (line["log_level"], line["event"], str(line["error"])) == (
        "warning",
        "Turn failed",
        "Redis does not answer.",
    )
    assert turns.rested == [None, 2]


async def test_a_fault_of_the_program_is_one_line_with_its_traceback_and_the_loop_goes_on() -> None:
    turns = Turns(ValueError("wrong"), 2)
    (line,) = await turns.run()
    assert (line["log_level"], line["event"], line["exc_info"]) == ("error", "Turn failed", True)
    assert turns.rested == [None, 2]


async def test_the_log_names_the_service_as_it_is_called_at_that_time() -> None:
    turns, name = Turns(UnreachableError("no"), UnreachableError("no")), iter(("old", "new"))
    with structlog.testing.capture_logs() as lines:
        await run_service(
            turns.run_once,
            turns.rest,
            "Turn failed",
            log=lambda: logger().bind(bot=next(name)),
            is_over=lambda: not turns.left,
        )
    assert [line["bot"] for line in lines] == ["old", "new"]


async def test_a_service_that_is_over_runs_no_turn() -> None:
    turns = Turns()
    assert await turns.run() == []
    assert turns.rested == []


async def never() -> None:
    await asyncio.Event().wait()


async def test_a_cancelled_turn_ends_the_loop() -> None:
    begun = asyncio.Event()

    async def run_once() -> None:
        begun.set()
        await never()

    task = asyncio.create_task(run_service(run_once, pause(0), "Turn failed"))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_rest_ends_the_loop() -> None:
    resting = asyncio.Event()

    async def run_once() -> None:
        pass

    async def rest(_: object) -> None:
        resting.set()
        await never()

    task = asyncio.create_task(run_service(run_once, rest, "Turn failed"))
    await resting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_swallowed_cancellation_ends_the_loop_without_another_rest() -> None:
    begun, turns = asyncio.Event(), 0

    async def run_once() -> None:
        nonlocal turns
        turns += 1
        begun.set()
        with suppress(asyncio.CancelledError):
            await never()

    async def rest(_: object) -> None:
        await never()

    task = asyncio.create_task(run_service(run_once, rest, "Turn failed"))
    await begun.wait()
    task.cancel()
    await task
    assert turns == 1


async def test_a_cancellation_that_a_rest_swallows_ends_the_loop_before_the_next_turn() -> None:
    resting, turns = asyncio.Event(), 0

    async def run_once() -> None:
        nonlocal turns
        turns += 1

    async def rest(_: object) -> None:
        resting.set()
        with suppress(asyncio.CancelledError):
            await never()

    task = asyncio.create_task(run_service(run_once, rest, "Turn failed"))
    await resting.wait()
    task.cancel()
    await task
    assert turns == 1


@given(seconds=st.sampled_from([0.25, 0.5, 1.0, 2.0]), ticks=st.integers(0, 10**9), other=st.integers(0, 10**9))
def test_services_with_the_same_beat_wake_at_the_same_moments(seconds: float, ticks: int, other: int) -> None:
    wakes = [now_s + until_the_beat_s(seconds, now_s) for now_s in (ticks / 64, other / 64)]
    assert 0 < wakes[0] - ticks / 64 <= seconds
    assert (wakes[0] - wakes[1]) % seconds == 0
