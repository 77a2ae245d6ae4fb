"""The touches beside a load are counted by when they were over, so that a rate that was not reached is seen."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from subprocess import Popen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.harness import touch_load
from bench.harness.touch_load import Touched, per_s, read
from storage.redis import keys
from storage.redis.client import open_redis


@given(
    moments=st.lists(st.integers(0, 3_000), max_size=30),
    from_ms=st.integers(0, 2_000),
    length_ms=st.integers(1, 1_000),
)
def test_only_touches_within_the_window_count(moments: list[int], from_ms: int, length_ms: int) -> None:
    touched = [Touched(at_ms, 100) for at_ms in moments]
    within = [at_ms for at_ms in moments if from_ms <= at_ms < from_ms + length_ms]
    assert per_s(touched, from_ms, from_ms + length_ms) == pytest.approx(1e5 * len(within) / length_ms, abs=0.1)


@pytest.mark.parametrize(
    ("rate", "chats", "bots"), [(2_000, 600, (71, 72, 73)), (40, 600, (81, 82, 83)), (2_000, 30, (91, 92, 93))]
)
async def test_the_process_writes_down_what_it_touched_when_it_is_told_to_stop(
    redis_url: str, tmp_path: Path, rate: int, chats: int, bots: tuple[int, ...]
) -> None:
    file = tmp_path / "touches"
    arguments = [str(file), str(rate), str(chats), *map(str, bots)]
    env = {
        **os.environ,
        "REDIS_URL": redis_url,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
        "ENCRYPTION_KEY": "A" * 43 + "=",
    }
    async with open_redis(redis_url) as client:
        with Popen([sys.executable, "-m", touch_load.__name__, *arguments], env=env) as process:  # noqa: ASYNC220, S603 - our own module
            async with asyncio.timeout(30):
                while not await client.zcard(keys.of_bot(bots[-1]).timers):
                    assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
    touched = read(file)
    assert all(one.touches > 0 for one in touched)
    assert touched
    assert [one.at_ms for one in touched] == sorted(one.at_ms for one in touched)
