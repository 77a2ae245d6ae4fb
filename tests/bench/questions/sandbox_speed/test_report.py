"""The question of what a call of the sandbox costs, on a small scale."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE

import pytest

from bench.questions.sandbox_speed.load import Load, LoadError, request
from bench.questions.sandbox_speed.report import MOST, Outcome
from tests.sandbox.receiver import Receiver


async def test_it_reports_requests_cpu_time_and_ratio() -> None:
    arguments = ["-m", "bench", "sandbox-speed", "--json", "--rounds", "1", "--requests", "1000"]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    figures = json.loads(out)
    assert err == b""
    assert process.returncode == int(figures["ratio_to_bare_handler"] > MOST)
    assert {"requests_per_s", "cpu_us_per_request", "ratio_to_bare_handler"} <= figures.keys()
    assert figures["requests_per_s"] > 0


def test_the_table_shows_both_servers_and_the_ratio() -> None:
    table = Outcome(5000, 80.0, 12_000, 50.0, 1.6, 9).as_table()
    assert "5000          80.0" in table
    assert table.endswith("A sendMessage costs 1.6 times as much as a bare handler.")


async def test_a_request_that_is_refused_ends_the_load() -> None:
    async with Receiver(holding=True) as receiver, Load(receiver.url, 1) as load:
        sending = asyncio.create_task(load.send([request("/", "application/json", b"{}")]))
        (await receiver.next()).answer(429)
        with pytest.raises(LoadError, match="refused"):
            await sending
