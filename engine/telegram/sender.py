"""Sends messages in a bot's name: a content is prepared (its files are found) first, and sent after that.

Preparing is a step of its own, because another message may be uploading the same file at that moment, and nothing may
wait between the last look at a chat and the request. One upload serves all: its file id is taken from the answer.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from engine.core.bot_identity import Speaker
from engine.core.content.model import Album, Asset, Content, Effects, MediaKind, TelegramFile, assets
from engine.core.delivery.outcome import FileRefused, Outcome, Rejected, Sent
from engine.core.errors import RecoveryError
from engine.media.uploads import AllKnown, Busy, Mine, Missing, Upload, Uploads
from engine.runtime.telemetry import logger
from engine.telegram import answers
from engine.telegram.actions import Action
from engine.telegram.methods import Files, method_of, replacement
from engine.telegram.session import TIMEOUT_S, Accepted, ApiError, Call, Session

_UNAUTHORIZED: Final = 401


class Prepared(NamedTuple):
    """A content with all the files that it needs."""

    content: Content
    files: Mapping[Asset, TelegramFile] = {}
    uploads: Mapping[Asset, Upload] = {}


class Sender:
    """`timeout_s`: how long to wait for the answer to a plain call."""

    def __init__(self, api_url: str, uploads: Uploads, timeout_s: float = TIMEOUT_S) -> None:
        self._session = Session(api_url, timeout_s)
        self._uploads = uploads

    async def prepare(self, speaker: Speaker, content: Content) -> Prepared | Busy | Missing:
        """Find the files of a rendered content, or take the right to upload them; sends nothing.

        Busy: another message is uploading one of them, try again in a second. Missing: it cannot be sent. What was
        prepared must be released in the end, sent or not. Raises UnreachableError.
        """
        wanted = assets(content)
        if not wanted:
            return Prepared(content)
        match await self._uploads.claim(speaker.bot_id, wanted, in_album=isinstance(content, Album)):
            case AllKnown(files):
                return Prepared(content, files)
            case Mine(uploads, files):
                return Prepared(content, files, uploads)
            case (Busy() | Missing()) as verdict:
                return verdict

    def release(self, speaker: Speaker, prepared: Prepared) -> None:
        """Give back the right to upload what was not uploaded."""
        if prepared.uploads:
            self._uploads.free(speaker.bot_id, prepared.uploads)

    async def send(
        self, speaker: Speaker, chat_id: int, prepared: Prepared, effects: Effects, attempts: int
    ) -> Outcome:
        """Send what was prepared, on its nth attempt (from 1); the next attempt needs a new preparation."""
        files: Files = {**prepared.files, **prepared.uploads}
        answer = await self._session.ask(speaker.token, method_of(speaker, chat_id, prepared.content, effects, files))
        if isinstance(answer, Accepted) and prepared.uploads:
            taken = answers.taken_files(answer.result, assets(prepared.content))
            await self._keep(speaker, prepared, taken)
            prepared = prepared._replace(files={**prepared.files, **taken})
        outcome = answers.of_send(answer, attempts)
        match outcome:
            case FileRefused():
                return await self._refused(speaker, prepared, outcome)
            case Sent():
                return outcome._replace(changed=_changed(prepared.files))
        return outcome

    async def act(self, speaker: Speaker, chat_id: int, action: Action) -> Outcome:
        """Show for five seconds, or until the next message, that something is coming."""
        return await self._do(speaker, Call("sendChatAction", {"chat_id": chat_id, "action": action}), ())

    async def delete(self, speaker: Speaker, chat_id: int, message_ids: tuple[int, ...]) -> Outcome:
        """Delete messages of about the same age: one that is too old keeps all of them."""
        if len(message_ids) == 1:
            call = Call("deleteMessage", {"chat_id": chat_id, "message_id": message_ids[0]})
        else:
            call = Call("deleteMessages", {"chat_id": chat_id, "message_ids": message_ids})
        return await self._do(speaker, call, message_ids)

    async def unbutton(self, speaker: Speaker, chat_id: int, message_id: int) -> Outcome:
        call = Call("editMessageReplyMarkup", {"chat_id": chat_id, "message_id": message_id})
        return await self._do(speaker, call, (message_id,))

    async def replace(self, speaker: Speaker, chat_id: int, message_id: int, text: str, sent: Content) -> Outcome:
        """Replace the text or caption of a sent message; its buttons go too."""
        return await self._do(speaker, replacement(chat_id, message_id, text, sent), (message_id,))

    async def is_authorized(self, token: str) -> bool | None:
        """Ask Telegram who the bot is; None if it gives no clear answer."""
        answer = await self._session.ask(token, Call("getMe"))
        if isinstance(answer, ApiError) and answer.code == _UNAUTHORIZED:
            return False
        return True if isinstance(answer, Accepted) else None

    async def close(self) -> None:
        await self._session.close()

    async def _do(self, speaker: Speaker, call: Call, message_ids: tuple[int, ...]) -> Outcome:
        return answers.of_deed(await self._session.ask(speaker.token, call), message_ids)

    async def _keep(self, speaker: Speaker, prepared: Prepared, taken: Mapping[Asset, TelegramFile]) -> None:
        """Keep the file ids, by which other messages send from now on."""
        learned = {asset: file for asset, file in taken.items() if asset in prepared.uploads}
        if len(learned) < len(prepared.uploads):
            logger().warning("Telegram named no file id: the file is uploaded again", bot=speaker.username)
        await self._uploads.done(speaker.bot_id, learned)

    async def _refused(self, speaker: Speaker, prepared: Prepared, refusal: FileRefused) -> Outcome:
        """Telegram does not say which file of an album it refuses, so all known file ids are dropped.

        Fresh bytes would fare no better the second time.
        """
        if not prepared.files:
            return Rejected(refusal.detail)
        for asset, file in prepared.files.items():
            try:
                await self._uploads.drop(speaker.bot_id, asset, file)
            except RecoveryError as error:
                logger().warning("Refused file id not forgotten", bot=speaker.username, error=error)
        return refusal


def _changed(files: Mapping[Asset, TelegramFile]) -> tuple[MediaKind, MediaKind] | None:
    changes = ((asset.kind, file.kind) for asset, file in files.items() if file.kind != asset.kind)
    return next(changes, None)
