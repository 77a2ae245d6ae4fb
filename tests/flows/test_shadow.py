"""The stories of a campaign in shadow: it decides everything, records what it would send, and sends nothing."""

from itertools import pairwise

from engine.administration import campaigns
from engine.core.change import Change
from storage.redis.server_clock import server_now_ms
from tests.flows.house import BOT, CAMPAIGN, House


async def change(house: House) -> Change:
    return Change("test", await server_now_ms(house.redis))


async def in_shadow(house: House) -> None:
    """Put the campaign in shadow, and wait until the receiver knows: after the stop, a sign of life arms nothing."""
    await campaigns.stop(house.pool, BOT, await change(house))
    await house.heard(arms=False)
    assert await campaigns.shadow(house.pool, BOT, await change(house)) == "shadow"
    await house.heard(arms=True)


async def written_down(house: House, person: int) -> list[tuple[str, str, str | None]]:
    rows = await house.pool.fetch(
        "SELECT block_key, status, reason FROM recovery_deliveries WHERE chat_id = $1 ORDER BY episode_id, ordinal",
        person,
    )
    return [tuple(row) for row in rows]


async def test_a_silent_person_gets_nothing_and_every_block_is_recorded(house: House) -> None:
    await in_shadow(house)
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == []
    blocks = ("one", "two", "three")
    assert await written_down(house, person) == [(block, "would_send", "shadow") for block in blocks]


async def test_a_recorded_block_has_the_due_and_the_version_of_a_real_one(house: House) -> None:
    await in_shadow(house)
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    rows = await house.pool.fetch(
        "SELECT due_at, attempts, sent_at, message_ids, campaign_version FROM recovery_deliveries"
        " WHERE chat_id = $1 ORDER BY ordinal",
        person,
    )
    gaps = [later["due_at"] - row["due_at"] for row, later in pairwise(rows)]
    assert gaps[0] >= 1_000
    assert gaps[1] >= 2_000
    assert {tuple(row)[1:] for row in rows} == {(0, None, None, 1)}


async def test_a_step_begun_in_shadow_finishes_as_it_began(house: House) -> None:
    await in_shadow(house)
    person = await house.someone()
    await house.delivery(person, "one", "would_send")
    await house.publish(CAMPAIGN.replace(b"{key: two, text: second}", b"{key: other, text: second}"))
    assert await house.ended(person) == ["completed"]
    assert [block for block, *_ in await written_down(house, person)] == ["one", "two", "three"]


async def test_an_answer_ends_what_the_shadow_watches(house: House) -> None:
    await in_shadow(house)
    person = await house.someone()
    await house.delivery(person, "two", "would_send")
    await house.people.write(BOT, person, "I am back")
    assert await house.ended(person, 2) == ["returned", "completed"]
    assert ("three", "cancelled", "returned") in await written_down(house, person)


async def test_after_activation_only_new_silences_are_sent_to(house: House) -> None:
    await in_shadow(house)
    silent, back = await house.someone(), await house.someone()
    assert await house.ended(silent) + await house.ended(back) == ["completed"] * 2
    assert await campaigns.activate(house.pool, BOT, await change(house)) == "live"
    await house.people.write(BOT, back, "and now?")
    person = await house.someone()
    for served, episodes in ((person, 1), (back, 2)):
        assert await house.ended(served, episodes) == ["completed"] * episodes
        assert await house.told(served) == ["first", "second", "third"]
    assert await house.told(silent) == []


async def test_episodes_of_the_shadow_end_when_the_campaign_goes_live(house: House) -> None:
    await in_shadow(house)
    person = await house.someone()
    await house.delivery(person, "two", "would_send")
    await campaigns.activate(house.pool, BOT, await change(house))
    assert await house.ended(person) == ["stopped"]
    assert await written_down(house, person) == [
        ("one", "would_send", "shadow"),
        ("two", "would_send", "shadow"),
        ("three", "cancelled", "stopped"),
    ]
    other = await house.someone()
    assert await house.ended(other) == ["completed"]
    assert await house.told(person) == []


async def test_a_shadow_can_be_stopped_like_a_live_campaign(house: House) -> None:
    await in_shadow(house)
    person = await house.someone()
    await house.delivery(person, "two", "would_send")
    assert await campaigns.stop(house.pool, BOT, await change(house)) == "stopped"
    assert await house.ended(person) == ["stopped"]
    assert await house.told(person) == []
