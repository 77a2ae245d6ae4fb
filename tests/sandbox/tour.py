"""The tour: what a person does with a bot of any library, and what must come back. The bots are in test_tour_*.

The bot of the tour greets with two buttons, `edit` and `delete`; it sends back every file, once uploaded and once by
its id; to `album` it sends one; to `use <file id>` and `write <chat id>` it does so, and says what went wrong.
"""

from dataclasses import dataclass

from bench.sandbox import SandboxClient
from bench.sandbox.protocol import Fault, FaultKind, TranscriptMessage
from tests.sandbox.pictures import FILM, GIF, SOUND, WEBP, png

BUTTONS = {"Edit": "edit", "Delete": "delete"}
ALBUM = (png(), FILM)
FILES = {
    "photo": png(),
    "video": FILM,
    "animation": GIF,
    "audio": SOUND,
    "voice": SOUND + b"voice",
    "video_note": FILM + b"note",
    "document": b"paper",
    "sticker": WEBP,
}


@dataclass
class Tour:
    """`bot` is the username of the bot that is met, `strange_file` a file id that belongs to another bot."""

    client: SandboxClient
    bot: str
    person: int
    strange_file: str
    seen: int = 0

    async def take(self) -> None:
        await self._greet()
        await self._tap_edit_and_delete()
        for kind in FILES:
            await self._send(kind)
        await self._ask_for_an_album()
        await self._use_a_strangers_file()
        await self._write_to_who_blocked()
        await self._leave_no_trace()
        await self._wait_as_told()

    async def _greet(self) -> None:
        await self.client.start(self.bot, self.person, "from-tour")
        greeting = await self._next()
        assert greeting.text == "Hello & welcome: from-tour"
        assert [entity["type"] for entity in greeting.entities] == ["bold"]
        assert greeting.reply_markup is not None
        rows = greeting.reply_markup["inline_keyboard"]
        assert {button["text"]: button["callback_data"] for row in rows for button in row} == BUTTONS

    async def _tap_edit_and_delete(self) -> None:
        await self.client.tap(self.bot, self.person, "edit")
        await self._hears("message is not modified")
        greeting = await self._message(2)
        assert (greeting.text, greeting.edit_date is not None) == ("Edited", True)
        await self.client.tap(self.bot, self.person, "delete", message_id=2)
        await self._hears("deleted")
        assert (await self._message(2)).deleted
        taps = (await self.client.transcript(self.bot, self.person)).taps
        assert [tap.text for tap in taps] == ["edit it is", "delete it is"]

    async def _send(self, kind: str) -> None:
        await self.client.send(kind, self.bot, self.person, FILES[kind], f"{kind}.bin")
        for _ in ("uploaded", "by its id"):
            media = (await self._next()).media
            assert media is not None
            assert media.kind == kind
            assert await self.client.media(media.file_unique_id) == FILES[kind]

    async def _ask_for_an_album(self) -> None:
        await self.client.write(self.bot, self.person, "album")
        photo, film = await self._next(), await self._next()
        assert [(one.media.kind, one.text) for one in (photo, film) if one.media] == [("photo", "one"), ("video", None)]
        assert photo.album == film.album is not None

    async def _use_a_strangers_file(self) -> None:
        await self.client.write(self.bot, self.person, f"use {self.strange_file}")
        await self._hears("wrong file identifier/HTTP URL specified")

    async def _write_to_who_blocked(self) -> None:
        (other,) = await self.client.add_people(1)
        await self.client.start(self.bot, other.id)
        await self.client.next_message(self.bot, other.id)
        await self.client.block(self.bot, other.id)
        await self.client.write(self.bot, self.person, f"write {other.id}")
        await self._hears("bot was blocked by the user")

    async def _leave_no_trace(self) -> None:
        """The bot caused no violation and called no unmodelled method."""
        assert (await self.client.violations()).listed == []
        assert (await self.client.counters()).unmodelled == 0

    async def _wait_as_told(self) -> None:
        fault = Fault(FaultKind.TOO_MANY_REQUESTS, method="sendMessage", retry_after=35, count=1)
        await self.client.set_fault(fault)
        await self.client.write(self.bot, self.person, f"write {self.person}")
        await self._hears("retry after 35")

    async def _hears(self, words: str) -> None:
        """Libraries change the case of what Telegram says."""
        said = (await self._next()).text or ""
        assert words.lower() in said.lower()

    async def _next(self) -> TranscriptMessage:
        """Wait for the bot's next message."""
        found = await self.client.next_message(self.bot, self.person, after=self.seen)
        assert found is not None
        self.seen = found.message_id
        return found

    async def _message(self, message_id: int) -> TranscriptMessage:
        messages = (await self.client.transcript(self.bot, self.person)).messages
        return next(one for one in messages if one.message_id == message_id)
