"""People vote in polls, and which updates the bot gets."""

from typing import Any

import pytest

from bench.sandbox import ControlFailedError, SandboxClient
from tests.sandbox.caller import Caller

OPTIONS = [{"text": "Monday"}, {"text": "Friday"}, {"text": "Sunday"}]


async def ask(bot: Caller, person: int, **more: Any) -> dict[str, Any]:
    sent = await bot("sendPoll", chat_id=person, question="When?", options=OPTIONS, **more)
    asked: dict[str, Any] = sent.result
    return asked


async def poll_in(client: SandboxClient, person: int) -> dict[str, Any]:
    media = (await client.transcript("shop_bot", person)).messages[-1].media
    assert media is not None
    assert media.poll is not None
    return media.poll


async def test_a_vote_is_counted_and_sent_to_the_bot(bot: Caller, client: SandboxClient, person: int) -> None:
    asked = await ask(bot, person, is_anonymous=False)
    await client.vote("shop_bot", person, [1])
    poll = await poll_in(client, person)
    assert [one["voter_count"] for one in poll["options"]] == [0, 1, 0]
    assert poll["total_voter_count"] == 1
    (update,) = (await bot("getUpdates", offset=-1)).result
    answer = update["poll_answer"]
    assert (answer["poll_id"], answer["user"]["id"]) == (asked["poll"]["id"], person)
    assert (answer["option_ids"], answer["option_persistent_ids"]) == ([1], ["1"])


async def test_a_vote_is_changed_and_taken_back(bot: Caller, client: SandboxClient, person: int) -> None:
    await ask(bot, person, is_anonymous=False, allows_multiple_answers=True)
    await client.vote("shop_bot", person, [2, 0])
    assert [one["voter_count"] for one in (await poll_in(client, person))["options"]] == [1, 0, 1]
    await client.vote("shop_bot", person, [])
    assert (await poll_in(client, person))["total_voter_count"] == 0
    assert (await bot("getUpdates", offset=-1)).result[0]["poll_answer"]["option_ids"] == []


async def test_an_anonymous_vote_sends_only_the_results(bot: Caller, client: SandboxClient, person: int) -> None:
    await ask(bot, person)
    vote = await client.vote("shop_bot", person, [0])
    (update,) = (await bot("getUpdates", offset=vote.update_id)).result
    assert update.keys() == {"update_id", "poll"}
    assert [one["voter_count"] for one in update["poll"]["options"]] == [1, 0, 0]
    assert update["poll"] == await poll_in(client, person)


@pytest.mark.parametrize(
    ("poll", "chosen", "why"),
    [
        ({}, [0, 1], "the poll allows one answer"),
        ({}, [3], "the poll has no such option"),
        ({"is_closed": True}, [0], "the poll is closed"),
    ],
)
async def test_an_invalid_vote_is_refused(
    bot: Caller, client: SandboxClient, person: int, poll: dict[str, Any], chosen: list[int], why: str
) -> None:
    await ask(bot, person, **poll)
    with pytest.raises(ControlFailedError, match=why):
        await client.vote("shop_bot", person, chosen)
    assert (await poll_in(client, person))["total_voter_count"] == 0


async def test_an_answer_to_a_quiz_is_final(bot: Caller, client: SandboxClient, person: int) -> None:
    await ask(bot, person, type="quiz", correct_option_ids=[1])
    await client.vote("shop_bot", person, [0])
    with pytest.raises(ControlFailedError, match="final"):
        await client.vote("shop_bot", person, [1])


async def test_a_message_without_a_poll_cannot_be_voted_in(client: SandboxClient, person: int) -> None:
    with pytest.raises(ControlFailedError, match="no such message"):
        await client.vote("shop_bot", person, [0])
