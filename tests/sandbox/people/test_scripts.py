"""People who play scripts: what each move does, chance by the seed, files, bounds, and the end."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.sandbox import ControlFailedError, Sandbox, SandboxClient
from bench.sandbox.people.script_player import Actor
from bench.sandbox.people.scripts import Move, Script, ScriptError, read_script
from bench.sandbox.protocol import Act, ActResult, TranscriptMessage
from tests.sandbox.caller import Caller

KEYBOARD = '{"inline_keyboard":[[{"text":"A","callback_data":"%s"}]]}'


class Stage:
    """A world that only notes what is done."""

    def __init__(self) -> None:
        self.acts: list[Act] = []

    async def act(self, acts: Sequence[Act]) -> list[ActResult]:
        self.acts += acts
        return [ActResult(0, 0) for _ in acts]

    async def next_message(
        self, bot: int | str, person: int, after: int = 0, wait: float = 10
    ) -> TranscriptMessage | None:
        raise AssertionError(f"nobody waits here: {bot}, {person}, {after}, {wait}")


async def played(client: SandboxClient, script: Script) -> int:
    """The person who has played it."""
    begun = await client.begin_script(script)
    told = await client.script(begun.id, wait=10)
    assert (told.over, told.refused) == (True, {})
    return told.people[0]


async def updates(bot: Caller) -> list[dict[str, Any]]:
    return list((await bot("getUpdates", allowed_updates=[])).result)


async def test_people_start_write_send_pay_block_and_unblock(bot: Caller, client: SandboxClient) -> None:
    moves = [Move("start", payload="promo"), Move("write", text="Oi")]
    moves += [Move("send_photo"), Move("pay"), Move("block"), Move("unblock")]
    await played(client, Script(moves, bots=["shop_bot"]))
    first, second, photo, payment, blocked, unblocked = await updates(bot)
    assert (first["message"]["text"], second["message"]["text"]) == ("/start promo", "Oi")
    assert photo["message"]["photo"]
    assert payment["message"]["successful_payment"]["currency"] == "XTR"
    statuses = [one["my_chat_member"]["new_chat_member"]["status"] for one in (blocked, unblocked)]
    assert statuses == ["kicked", "member"]


async def test_people_tap_twice_and_tap_old_buttons(bot: Caller, client: SandboxClient) -> None:
    receive = Move("receive", patience=10, quiet=0.3)
    moves = [Move("start"), receive, Move("tap_twice"), Move("tap_old"), Move("tap")]
    begun = await client.begin_script(Script(moves, bots=["shop_bot"]))
    await bot("getUpdates", timeout=10)
    for data in ("old", "new"):
        await bot("sendMessage", chat_id=begun.people[0], text="x", reply_markup=KEYBOARD % data)
    assert (await client.script(begun.id, wait=10)).refused == {}
    taps = [one["callback_query"]["data"] for one in await updates(bot) if "callback_query" in one]
    assert taps == ["new", "new", "old", "new"]


async def test_a_person_receives_until_the_bot_has_been_quiet(bot: Caller, client: SandboxClient) -> None:
    moves = [Move("start"), Move("receive", patience=10, quiet=0.2), Move("write", text="seen")]
    begun = await client.begin_script(Script(moves, bots=["shop_bot"]))
    await bot("getUpdates", timeout=10)
    for _ in range(3):
        await bot("sendMessage", chat_id=begun.people[0], text="x")
    await client.script(begun.id, wait=10)
    transcript = await client.transcript("shop_bot", begun.people[0])
    assert [one.text for one in transcript.messages] == ["/start", "x", "x", "x", "seen"]


async def test_the_opening_is_played_once_and_the_moves_in_rounds_with_every_bot(client: SandboxClient) -> None:
    script = Script([Move("write", text="again")], opening=[Move("start")], rounds=3, people=2)
    begun = await client.begin_script(script)
    assert (await client.script(begun.id, wait=10)).acts == 2 * 2 * 4
    for bot in ("shop_bot", "course_bot"):
        for person in begun.people:
            texts = [one.text for one in (await client.transcript(bot, person)).messages]
            assert texts == ["/start", "again", "again", "again"]


async def test_refused_acts_are_counted_and_the_play_goes_on(client: SandboxClient) -> None:
    begun = await client.begin_script(Script([Move("start"), Move("tap"), Move("write", text="x")], bots=["shop_bot"]))
    told = await client.script(begun.id, wait=10)
    assert (told.acts, told.refused) == (3, {"there is no such message to act on": 1})


async def test_chance_follows_the_seed() -> None:
    async def made(seed: int) -> list[str]:
        stage = Stage()
        actor = Actor(stage, 1, 2, random.Random(seed))
        await actor.play(Script([Move("write", text="a", chance=0.5), Move("write", text="b")], rounds=50))
        return [act.text for act in stage.acts]

    first = await made(1)
    assert first == await made(1) != await made(2)
    assert 10 < first.count("a") < 40
    assert first.count("b") == 50


def test_a_person_thinks_for_a_random_time() -> None:
    actor = Actor(Stage(), 1, 2, random.Random(0))
    drawn = [actor._thinking_s(Move("start", think=(1, 5))) for _ in range(100)]
    assert 1 <= min(drawn) < 2
    assert 4 < max(drawn) <= 5
    assert actor._thinking_s(Move("start", think=2)) == 2


async def test_a_script_can_be_stopped_and_a_reset_stops_it(client: SandboxClient) -> None:
    endless = Script([Move("think", think=0.01)], rounds=1_000_000, bots=["shop_bot"])
    begun = await client.begin_script(endless)
    assert (await client.stop_script(begun.id)).over
    await client.begin_script(endless)
    await client.reset()
    assert await client.scripts() == []


async def test_a_sandbox_ends_while_people_play() -> None:
    moves = [Move("start"), Move("receive", patience=3600)]
    async with asyncio.timeout(10), Sandbox(bots=1, scripts=[Script(moves, people=50)]):
        pass


async def test_more_parts_than_can_be_played_are_refused(client: SandboxClient) -> None:
    with pytest.raises(ControlFailedError, match="more than 10000 parts"):
        await client.begin_script(Script([Move("start")], people=9000))
    with pytest.raises(ControlFailedError, match="no bot ghost_bot"):
        await client.begin_script(Script([Move("start")], bots=["ghost_bot"]))
    with pytest.raises(ControlFailedError, match="no script 7"):
        await client.script(7)


async def test_a_file_is_played(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text("people: 2\nopening: [{do: start}]\nmoves: [{do: write, text: Olá, think: [0, 0.01]}]\n", "utf-8")
    async with (
        Sandbox(bots=1, scripts=[read_script(path)]) as sandbox,
        SandboxClient(sandbox.control_url) as client,
    ):
        told = await client.script(1, wait=10)
        assert (told.over, told.acts) == (True, 4)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("moves: [", "is not YAML"),
        ("moves: [{do: fly}]", "Invalid enum value 'fly'"),
        ("moves: []", "length >= 1"),
        ("moves: [{do: write, txt: a}]", "unknown field `txt`"),
        ("moves: [{do: start}]\npeople: 0", ">= 1"),
        ("moves: [{do: start, think: -1}]", "think must not be negative"),
    ],
)
def test_an_invalid_script_is_refused_with_the_reason(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(content, "utf-8")
    with pytest.raises(ScriptError, match=r"The script .*script.yaml") as caught:
        read_script(path)
    assert complaint in str(caught.value)


def test_a_missing_script_is_named() -> None:
    with pytest.raises(ScriptError, match="cannot be read"):
        read_script(Path("/nowhere/script.yaml"))
