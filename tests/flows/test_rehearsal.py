"""The story of an admin who tries a draft on themselves before anybody else gets it."""

import pytest

from engine import campaign_file
from engine.administration import campaigns
from engine.cli import rehearse as rehearsal
from engine.core.change import Change
from engine.core.errors import BotError, CampaignError
from storage.redis.server_clock import server_now_ms
from tests.flows.house import BOT, House

DRAFT = b"""
threshold: 10m
zone: America/Sao_Paulo
steps:
  - key: soon
    schedule: 1m
    blocks:
      - {key: one, text: "Oi, {first_name|friend}!", buttons: [[{text: Go, url: "https://example.org/offer"}]]}
      - {key: two, text: "<b>Ainda</b> por perto?", delay: 1m}
  - key: later
    schedule: 1m
    blocks: [{key: three, text: third}]
"""


async def admin(house: House) -> int:
    """An admin who has started the bot, with a draft to try; the campaign is stopped, so nothing else is sent."""
    change = Change("test", await server_now_ms(house.redis))
    await campaigns.stop(house.pool, BOT, change)
    draft = campaign_file.read(DRAFT, "draft.yaml", house.settings.min_threshold_ms)
    await campaigns.import_draft(house.pool, BOT, draft, house.settings.min_threshold_ms, change)
    return await house.someone()


async def rehearse(house: House, chat_id: int, step: str | None = None) -> None:
    await rehearsal.play(BOT, chat_id, step, house.settings)


async def test_an_admin_sees_the_whole_draft_in_seconds_and_nothing_counts(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    person = await admin(house)
    capsys.readouterr()
    await rehearse(house, person)
    assert await house.told(person) == ["Oi, friend!", "Ainda por perto?", "third"]
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("step ")]
    assert [line.partition(": ")[2] for line in told] == ["in 0 s", "sent", "in 1 s", "sent", "in 1 s", "sent"]
    assert await house.pool.fetchval("SELECT count(*) FROM recovery_deliveries") == 0


async def test_links_lead_straight_to_their_targets(house: House) -> None:
    person = await admin(house)
    await rehearse(house, person, "soon")
    (first, _) = [one for one in (await house.people.transcript(BOT, person)).messages if one.from_bot]
    assert first.reply_markup
    assert first.reply_markup["inline_keyboard"][0][0]["url"] == "https://example.org/offer"


async def test_one_step_can_be_rehearsed_alone(house: House) -> None:
    person = await admin(house)
    await rehearse(house, person, "later")
    assert await house.told(person) == ["third"]
    with pytest.raises(CampaignError, match="no active step 'never'"):
        await rehearse(house, person, "never")


async def test_an_admin_who_never_started_the_bot_gets_its_link(house: House) -> None:
    await admin(house)
    (stranger,) = await house.people.add_people(1)
    with pytest.raises(BotError, match=r"open https://t\.me/shop_bot, press Start"):
        await rehearse(house, stranger.id)
