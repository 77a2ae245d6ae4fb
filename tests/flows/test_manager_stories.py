"""An admin's story, from the pasted token to a person who gets the messages, over HTTP and in both languages."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from bench.sandbox.protocol import TranscriptMessage
from bot.framework.i18n import Translator
from tests.flows.house import PATIENCE_S, House, processes
from tests.flows.office import Admin, Office, open_office

CLUB: Final = "club_bot"
LANGUAGES: Final = {"pt": "pt-br", "en": "en"}


class Story:
    """An owner, a bot that is not connected yet, and a running engine."""

    def __init__(self, office: Office, house: House, say: Translator) -> None:
        self.office = office
        self.house = house
        self.owner: Admin = office.owner
        self.say = say
        self.people = office.people

    async def press(self, *labels: str) -> str:
        """Buttons by their English labels, pressed in the language of the story."""
        return await self.owner.press(*(self.say.label(label) for label in labels))

    def reads(self, sentence: str, **values: object) -> str:
        """A sentence as the transcript shows it, without its tags."""
        return re.sub(r"<[^>]+>", "", self.say.label(sentence, **values))

    async def got(self, person: int, count: int) -> list[TranscriptMessage]:
        """Wait until the club's bot has sent a person this many messages."""
        async with asyncio.timeout(PATIENCE_S):
            while len(messages := await self._sent_to(person)) < count:  # noqa: ASYNC110 - the transcript is the signal
                await asyncio.sleep(0.05)
        return messages

    async def _sent_to(self, person: int) -> list[TranscriptMessage]:
        transcript = await self.people.transcript(CLUB, person)
        return [message for message in transcript.messages if message.from_bot and not message.deleted]


@asynccontextmanager
async def open_story(
    language: str, redis_url: str, database_url: str, patch: pytest.MonkeyPatch, media: Path
) -> AsyncIterator[Story]:
    environ = {"MIN_THRESHOLD_SECONDS": "1", "MEDIA_DIR": str(media)}
    async with open_office(redis_url, database_url, patch, LANGUAGES[language], **environ) as office:
        house = House(office.desk.settings, office.desk.pool, office.desk.redis, office.people)
        async with processes(house):
            yield Story(office, house, Translator("pt" if language == "pt" else "en"))


@pytest.fixture(params=["pt", "en"])
async def story(
    request: pytest.FixtureRequest,
    redis_url: str,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> AsyncIterator[Story]:
    async with open_story(request.param, redis_url, database_url, monkeypatch, tmp_path) as opened:
        yield opened


async def test_from_a_pasted_token_to_a_message_and_back_to_an_older_version(story: Story) -> None:
    await connect(story)
    await compose(story)
    await look_at_it(story)
    await publish(story, 1)
    person = await somebody_gets_it(story)
    await change_it_while_they_are_inside(story, person)
    await go_back(story)


async def connect(story: Story) -> None:
    """The token is pasted, checked with Telegram, and deleted from the chat."""
    owner = story.owner
    club = await story.people.add_bot(CLUB)
    await owner.start()
    await story.press("➕ Bot")
    text = await owner.says(club.token)
    assert story.reads("✅ @{bot} is connected.", bot=CLUB) in text
    assert club.token not in await seen(story)
    stored = await story.house.pool.fetchval("SELECT token FROM bots WHERE username = $1", CLUB)
    assert club.token.encode() not in stored


async def seen(story: Story) -> str:
    """All text that is still in the owner's chat."""
    transcript = await story.people.transcript(story.owner.me.id, story.owner.id)
    return "\n".join(message.text or "" for message in transcript.messages if not message.deleted)


async def compose(story: Story) -> None:
    """Three steps: a text and a photo at once, a video, an album."""
    owner, say = story.owner, story.say
    await story.press("🔁 Recovery", "➕ Create the campaign", "🕛 At any hour")
    await story.press("◀ Back", "⚙ Settings", "⏱ Silence")
    assert say.label("⏱ Silence: {time}", time="1s") in await owner.says("1s")
    await story.press("◀ Back", "📋 Steps", "➕ Step")
    await owner.says("agora" if say.language == "pt" else "now")
    await owner.says("Oi {first_name|amigo}, ainda por aí?")
    await owner.sends("photo", caption="A oferta")
    await story.press("◀ Back", "➕ Step")
    await owner.says("2s")
    await owner.sends("video")
    await story.press("◀ Back", "➕ Step")
    await owner.says("3s")
    await owner.sends("photo", caption="Antes", album="1")
    await owner.sends("photo", caption="Depois", album="1")
    assert len([name for name in await owner.buttons() if "🗂" in name]) == 1
    await story.press("◀ Back")
    assert [name for name in await owner.buttons() if name.startswith("● ")] == [
        say.label("{sign} Step {number}", sign="●", number=number) for number in (1, 2, 3)
    ]


async def look_at_it(story: Story) -> None:
    """An owner who never started the bot gets a link to it; then every block arrives as users get it, and as a test."""
    owner, say = story.owner, story.say
    step = say.label("{sign} Step {number}", sign="●", number=1)
    assert f"https://t.me/{CLUB}" in await owner.press(step, say.label("👁 See it in the bot"))
    await story.people.start(CLUB, owner.id)
    assert say.label("Open your chat with @{bot}", bot=CLUB) in await story.press("👁 See it in the bot")
    shown = await story.got(owner.id, 3)
    assert shown[0].text == say.label("👁 This is what people see:")
    assert (shown[1].text or "").startswith("Oi ")
    assert shown[2].media
    await story.press("◀ Back", "◀ Back", "🧪 Test", "🧪 Send it to me")
    played = await story.got(owner.id, 3 + 6)
    assert [bool(message.media) for message in played[3:]] == [False, False, True, True, True, True]
    await story.press("◀ Back")


async def publish(story: Story, version: int) -> None:
    await story.press("🚀 Publish", "🚀 Publish now")
    assert await story.owner.toast() == story.say.label("v{version} published", version=version)


async def somebody_gets_it(story: Story) -> int:
    """A person starts the bot, goes quiet, and gets all three steps, each once."""
    await story.press("▶ Activate")
    story.house.bot = CLUB
    await story.house.heard(arms=True)
    person = await story.office.someone()
    await story.people.start(CLUB, person.id)
    got = await story.got(person.id, 5)
    assert [bool(message.media) for message in got] == [False, True, True, True, True]
    assert got[3].album == got[4].album is not None
    assert await story.house.ended(person.id) == ["completed"]
    return person.id


async def change_it_while_they_are_inside(story: Story, person: int) -> None:
    """The second step is a day away; the next version moves the person who waits for it, and says so in numbers."""
    owner, say = story.owner, story.say
    await story.press("📋 Steps")
    second = say.label("{sign} Step {number}", sign="●", number=2)
    await owner.press(second, say.label("🕘 When"))
    await owner.says("1d")
    await story.press("◀ Back", "◀ Back")
    await publish(story, 2)
    inside = await story.office.someone()
    await story.people.start(CLUB, inside.id)
    await story.got(inside.id, 2)
    await story.house.delivery(inside.id, await block_of_step(story, 1), "scheduled")
    await story.press("📋 Steps")
    await owner.press(second, say.label("🕘 When"))
    await owner.says("2d")
    await story.press("◀ Back", "◀ Back")
    text = await story.press("🚀 Publish")
    assert say.count("🕘 the time changes for {number} person", "🕘 the time changes for {number} people", 1) in text
    await story.press("🚀 Publish now")
    due = "SELECT 1 FROM recovery_deliveries WHERE chat_id = $1 AND status = 'scheduled' AND due_at - anchor_at >= $2"
    await story.house.wait_for(due, 1, inside.id, 2 * 86_400_000)
    assert len(await story.got(person, 5)) == 5


async def block_of_step(story: Story, place: int) -> str:
    found: str = await story.house.pool.fetchval(
        "SELECT b.key FROM recovery_blocks b JOIN recovery_steps s ON (s.bot_id, s.key) = (b.bot_id, b.step_key)"
        " JOIN bots ON bots.id = b.bot_id WHERE bots.username = $1 AND s.position = $2",
        *(CLUB, place),
    )
    return found


async def go_back(story: Story) -> None:
    """An older version becomes the draft again, and is published as a new one."""
    say = story.say
    await story.press("🕘 Versions")
    await story.owner.press("v1 ·", say.label("↩ Restore v{number} as the draft", number=1))
    assert (
        story.reads("v{number} is now the draft. Publish it to start sending it.", number=1) in await story.owner.text()
    )
    await publish(story, 4)
    assert await story.house.pool.fetchval("SELECT count(*) FROM recovery_versions") == 4
