"""The stories of one message: how it addresses its person, how it is announced, and what happens to it later."""

import pytest

from bench.sandbox.protocol import Fault, FaultKind, TranscriptMessage
from engine.administration import campaigns
from engine.core.change import Change
from engine.poller import token_suspicion
from storage.redis.server_clock import server_now_ms
from tests.flows.house import BOT, House

HEAD = b"threshold: 1s\nzone: America/Sao_Paulo\nsteps:\n  - key: hello\n    schedule: now\n    blocks:\n"


def campaign(*blocks: bytes) -> bytes:
    return HEAD + b"".join(b"      - " + block + b"\n" for block in blocks)


async def published(house: House, *blocks: bytes) -> int:
    """A person who falls silent while a campaign of these blocks is live."""
    await house.publish(campaign(*blocks))
    return await house.someone()


async def said(house: House, person: int) -> list[TranscriptMessage]:
    transcript = await house.people.transcript(BOT, person)
    return [message for message in transcript.messages if message.from_bot]


async def calls(house: House, person: int) -> list[str]:
    record = await house.people.record()
    return [row.method for row in record.rows if row.chat_id == person and row.method.startswith(("send", "delete"))]


async def hangs(house: House, person: int) -> bool:
    return any(row.chat_id == person for row in await house.people.open_requests(0))


@pytest.mark.parametrize(("name", "called"), [("<Ana>", "<Ana>"), ("\u200b", "friend")])
async def test_a_text_calls_a_new_person_by_name_or_by_the_fallback(house: House, name: str, called: str) -> None:
    """Their name is there in time, however short the threshold."""
    await house.publish(campaign(b'{key: one, text: "Oi, {first_name|friend}! Aqui fala {bot}."}'))
    for person in await house.people.add_people(3, names=[name]):
        await house.people.start(BOT, person.id)
        await house.delivery(person.id, "one", "sent")
        assert await house.told(person.id) == [f"Oi, {called}! Aqui fala @{BOT}."]


async def test_a_block_with_a_delay_is_announced(house: House) -> None:
    person = await published(house, b"{key: one, text: first}", b"{key: two, text: second, delay: 2s}")
    await house.delivery(person, "two", "sent")
    assert await calls(house, person) == ["sendMessage", "sendChatAction", "sendMessage"]
    first, second = await said(house, person)
    assert second.at_ms - first.at_ms >= 2_000


async def test_a_person_who_answers_during_the_delay_gets_nothing_more(house: House) -> None:
    person = await published(house, b"{key: one, text: first}", b"{key: two, text: second, delay: 1h}")
    await house.delivery(person, "two", "scheduled")
    await house.people.write(BOT, person, "I am back")
    assert await house.ended(person) == ["returned"]
    assert (await calls(house, person))[:1] == ["sendMessage"]
    assert await house.told(person) == ["first"]


async def test_a_message_is_deleted_in_time_even_after_a_stop(house: House) -> None:
    person = await published(house, b"{key: one, text: gone soon, delete_after: 2s}")
    await house.delivery(person, "one", "sent")
    await campaigns.stop(house.pool, BOT, Change("test", await server_now_ms(house.redis)))
    row = await house.swept(person, "one", "deleted_at")
    assert row["deleted_at"] >= row["delete_at"] == row["sent_at"] + 2_000
    (message,) = await said(house, person)
    assert message.deleted


async def test_a_token_that_only_a_deletion_finds_refused_suspends_the_bot(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else may have been sent since Telegram began to refuse it."""
    monkeypatch.setattr(token_suspicion, "BETWEEN_CHECKS_S", 0.05)
    person = await published(house, b"{key: one, text: gone soon, delete_after: 1s}")
    await house.delivery(person, "one", "sent")
    for method in ("deleteMessage", "getMe"):
        await house.people.set_fault(Fault(FaultKind.UNAUTHORIZED, method=method))
    await house.bot_status("suspended")


async def test_a_deletion_without_an_answer_does_not_delay_others(house: House) -> None:
    first = await published(house, b"{key: one, text: gone soon, delete_after: 1s}")
    await house.people.set_fault(Fault(FaultKind.HANG, chat_id=first, method="deleteMessage"))
    await house.delivery(first, "one", "sent")
    while not await hangs(house, first):
        await house.people.open_requests(2)
    second = await house.someone()
    await house.swept(second, "one", "deleted_at")
    assert await hangs(house, first)


async def test_after_a_return_each_message_follows_its_rule(house: House) -> None:
    person = await published(
        house,
        b"{key: one, text: first, after: {returned: delete}}",
        b"{key: two, text: second, after: {returned: unbutton}, buttons: [[{text: Go, start: go}]]}",
        b'{key: three, text: third, after: {returned: {replace: "Bem-vindo, {first_name|friend}!"}}}',
        b"{key: four, text: fourth}",
    )
    await house.delivery(person, "four", "sent")
    await house.people.write(BOT, person, "I am back")
    await house.swept(person, "one", "deleted_at")
    await house.swept(person, "two", "edited_at")
    await house.swept(person, "three", "edited_at")
    name = await house.pool.fetchval("SELECT first_name FROM chats WHERE chat_id = $1", person)
    one, two, three, four = (await said(house, person))[:4]
    assert one.deleted
    assert (two.text, two.reply_markup) == ("second", None)
    assert three.text == f"Bem-vindo, {name}!"
    assert (four.text, four.deleted, four.edit_date) == ("fourth", False, None)


async def test_a_payment_applies_its_own_rule_to_messages_that_a_return_keeps(house: House) -> None:
    offer = b"{key: one, text: buy now, after: {paid: {replace: Obrigado}}}"
    person = await published(house, offer, b"{key: two, text: more}")
    await house.delivery(person, "two", "sent")
    await house.people.pay(BOT, person)
    await house.swept(person, "one", "edited_at")
    assert (await said(house, person))[0].text == "Obrigado"
