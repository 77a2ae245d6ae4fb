"""Every refusal of Telegram that this product can meet, produced over HTTP, word for word.

Refusals are left out that need a group or a channel (kicked, not a member, migrated, rights), forwarding, a server with
a list of allowed tokens, or two simultaneous calls of setWebhook.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import Fault, FaultKind
from tests.sandbox.caller import Caller, Reply, reply, upload
from tests.sandbox.hall import HOUR_MS, PERSON, SECOND_MS, Hall
from tests.sandbox.pictures import SOUND, png
from tests.sandbox.receiver import Receiver


@dataclass(slots=True)
class World:
    """One bot, and a person who has started it."""

    sandbox: Sandbox
    client: SandboxClient
    bot: Caller
    person: int

    async def send(self, text: str = "x", **given: Any) -> Reply:
        return await self.bot("sendMessage", **{"chat_id": self.person, "text": text, **given})

    async def sent(self, text: str = "x", **given: Any) -> int:
        message_id: int = (await self.send(text, **given)).result["message_id"]
        return message_id


@pytest.fixture
def world(sandbox: Sandbox, client: SandboxClient, bot: Caller, person: int) -> World:
    return World(sandbox, client, bot, person)


Deed = Callable[[World], Awaitable[Reply]]
KEYBOARD = {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]]}


def send(text: str = "x", **given: Any) -> Deed:
    return lambda world: world.send(text, **given)


def html(text: str) -> Deed:
    return send(text, parse_mode="HTML")


def button(**action: Any) -> Deed:
    return send(reply_markup={"inline_keyboard": [[{"text": "a", **action}]]})


def call(method: str, **given: Any) -> Deed:
    return lambda world: world.bot(method, **{"chat_id": world.person, **given})


def post(method: str, **fields: Any) -> Deed:
    return lambda world: upload(world.bot, method, **{"chat_id": world.person, **fields})


def album(*media: dict[str, Any], **files: bytes) -> Deed:
    return post("sendMediaGroup", media=list(media), **files)


def webhook(url: str, word: str = "") -> Deed:
    return lambda world: world.bot("setWebhook", url=url, secret_token=word)


async def to_blocked(world: World) -> Reply:
    await world.client.block("shop_bot", world.person)
    return await world.send()


async def to_deactivated(world: World) -> Reply:
    await world.client.delete_account("shop_bot", world.person)
    return await world.send()


async def to_stranger(world: World) -> Reply:
    (stranger,) = await world.client.add_people(1)
    return await world.send(chat_id=stranger.id)


async def to_itself(world: World) -> Reply:
    return await world.send(chat_id=world.bot.bot.id)


async def revoked(world: World) -> Reply:
    await world.client.revoke_token("shop_bot")
    return await world.send()


async def malformed_token(world: World) -> Reply:
    async with world.bot.session.post(f"{world.sandbox.api_url}/botnonsense/getMe") as answer:
        return await reply(answer)


async def another_path(world: World) -> Reply:
    async with world.bot.session.get(f"{world.sandbox.api_url}/robots.txt") as answer:
        return await reply(answer)


async def next_update(world: World) -> int:
    last: int = (await world.bot("getUpdates", offset=-1)).result[0]["update_id"]
    return last + 1


async def polled_twice(world: World) -> Reply:
    first = asyncio.create_task(world.bot("getUpdates", offset=await next_update(world), timeout=50))
    await world.client.open_requests()
    await world.bot("getUpdates")
    return await first


async def polled_beside_a_webhook(world: World) -> Reply:
    async with Receiver() as receiver:
        await world.bot("setWebhook", url=receiver.url)
        return await world.bot("getUpdates")


async def polled_when_a_webhook_is_set(world: World) -> Reply:
    poll = asyncio.create_task(world.bot("getUpdates", offset=await next_update(world), timeout=50))
    await world.client.open_requests()
    async with Receiver() as receiver:
        await world.bot("setWebhook", url=receiver.url)
        return await poll


def struck(kind: FaultKind) -> Deed:
    async def deed(world: World) -> Reply:
        await world.client.set_fault(Fault(kind, retry_after=35))
        return await world.send()

    return deed


async def unchanged(world: World) -> Reply:
    message_id = await world.sent(reply_markup=KEYBOARD)
    given = {"chat_id": world.person, "message_id": message_id, "text": "x", "reply_markup": KEYBOARD}
    return await world.bot("editMessageText", **given)


async def answered_twice(world: World) -> Reply:
    await world.sent(reply_markup=KEYBOARD)
    await world.client.tap("shop_bot", world.person)
    query = (await world.bot("getUpdates", offset=-1)).result[0]["callback_query"]["id"]
    await world.bot("answerCallbackQuery", callback_query_id=query)
    return await world.bot("answerCallbackQuery", callback_query_id=query)


async def file_of_another_bot(world: World) -> Reply:
    sent = (await upload(world.bot, "sendVoice", chat_id=world.person, voice=SOUND)).result
    other = Caller(world.bot.session, world.sandbox.api_url, world.sandbox.bots[1])
    await world.client.start("course_bot", world.person)
    return await other("sendVoice", chat_id=world.person, voice=sent["voice"]["file_id"])


async def photo_as_video(world: World) -> Reply:
    sent = (await upload(world.bot, "sendPhoto", chat_id=world.person, photo=png())).result
    return await world.bot("sendVideo", chat_id=world.person, video=sent["photo"][-1]["file_id"])


async def download_of_too_much(world: World) -> Reply:
    big = bytes(20 * 1024 * 1024 + 1)
    sent = (await upload(world.bot, "sendDocument", chat_id=world.person, document=big)).result
    return await world.bot("getFile", file_id=sent["document"]["file_id"])


PHOTO = {"type": "photo", "media": "attach://a"}
PAPER = {"type": "document", "media": "attach://b"}
HERE = "http://127.0.0.1:8080"

UNCHANGED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as"
    " a current content and reply markup of the message"
)

REFUSALS: list[tuple[int, str, Deed]] = [
    (400, "Bad Request: chat_id is empty", send(chat_id="")),
    (400, "Bad Request: chat not found", send(chat_id=1)),
    (403, "Forbidden: bot can't initiate conversation with a user", send(chat_id=1, allow_paid_broadcast=True)),
    (403, "Forbidden: bot can't initiate conversation with a user", to_stranger),
    (403, "Forbidden: bot was blocked by the user", to_blocked),
    (403, "Forbidden: user is deactivated", to_deactivated),
    (403, "Forbidden: the bot can't send messages to the bot", to_itself),
    (401, "Unauthorized", revoked),
    (401, "Unauthorized", struck(FaultKind.UNAUTHORIZED)),
    (401, "Unauthorized: invalid token specified", malformed_token),
    (404, "Not Found: method not found", call("sendTelegram")),
    (404, "Not Found", another_path),
    (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        polled_twice,
    ),
    (
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        polled_beside_a_webhook,
    ),
    (409, "Conflict: terminated by setWebhook request", polled_when_a_webhook_is_set),
    (413, "Request Entity Too Large", post("sendDocument", document=bytes(50 * 1024 * 1024 + 1))),
    (429, "Too Many Requests: retry after 35", struck(FaultKind.TOO_MANY_REQUESTS)),
    # Words
    (400, "Bad Request: message text is empty", send("")),
    (400, "Bad Request: text must be non-empty", html("<b> </b>")),
    (400, "Bad Request: message is too long", send("x" * 4097)),
    (400, "Bad Request: message caption is too long", post("sendVoice", voice=SOUND, caption="x" * 1025)),
    (400, "Bad Request: unsupported parse_mode", send(parse_mode="BBCode")),
    (400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 3', html("é <x>")),
    (
        400,
        "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        html("<i>a</i><b>c"),
    ),
    (
        400,
        'Bad Request: can\'t parse entities: Unmatched end tag at byte offset 4, expected "</b>", found "</i>"',
        html("<b>a</i>"),
    ),
    (400, "Bad Request: can't parse entities: Unexpected end tag at byte offset 1", html("a</b>")),
    (400, "Bad Request: can't parse entities: Unclosed start tag at byte offset 1", html("a<b")),
    (
        400,
        'Bad Request: can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0',
        html("<span>a</span>"),
    ),
    # Keyboards
    (400, "Bad Request: can't parse reply keyboard markup JSON object", send(reply_markup="{")),
    (400, "Bad Request: object expected as reply markup", send(reply_markup="[]")),
    (
        400,
        "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        button(),
    ),
    (400, "Bad Request: BUTTON_DATA_INVALID", button(callback_data="é" * 33)),
    (400, "Bad Request: BUTTON_URL_INVALID", button(url="nowhere")),
    (
        400,
        "Bad Request: reply markup is too long",
        send(reply_markup={"inline_keyboard": [[{"text": "a", "callback_data": "a"}]] * 101}),
    ),
    # Messages
    (400, UNCHANGED, unchanged),
    (400, "Bad Request: message to edit not found", call("editMessageText", message_id=99, text="y")),
    (400, "Bad Request: message can't be edited", call("editMessageText", message_id=1, text="y")),
    (400, "Bad Request: message to delete not found", call("deleteMessage", message_id=99)),
    (400, "Bad Request: message to be replied not found", send(reply_parameters={"message_id": 99})),
    (
        400,
        "Bad Request: message to copy not found",
        lambda world: world.bot("copyMessage", chat_id=world.person, from_chat_id=world.person, message_id=99),
    ),
    (400, "Bad Request: query is too old and response timeout expired or query ID is invalid", answered_twice),
    # Files
    (400, "Bad Request: wrong file identifier/HTTP URL specified", file_of_another_bot),
    (
        400,
        "Bad Request: wrong remote file identifier specified: Wrong character in the string",
        call("sendPhoto", photo="n o"),
    ),
    (400, "Bad Request: can't use file of type Photo as Video", photo_as_video),
    (400, "Bad Request: failed to get HTTP URL content", call("sendPhoto", photo="https://example.com/a.png")),
    (400, "Bad Request: invalid file_id", call("getFile", file_id="nonsense")),
    (400, "Bad Request: file is too big", download_of_too_much),
    # Albums
    (400, "Bad Request: there are no messages to send", call("sendMediaGroup", media=[])),
    (400, "Bad Request: too many messages to send as an album", album(*[PHOTO] * 11, a=png())),
    (400, "Bad Request: document can't be mixed with other media types", album(PHOTO, PAPER, a=png(), b=b"x")),
    (
        400,
        'Bad Request: failed to send message #2 with the error message "IMAGE_PROCESS_FAILED"',
        album(PHOTO, {"type": "photo", "media": "attach://b"}, a=png(), b=b"no picture"),
    ),
    # Webhooks
    (400, "Bad Request: invalid webhook URL specified", webhook("gopher://here")),
    (400, "Bad Request: secret token is too long", webhook(HERE, "x" * 257)),
    (400, "Bad Request: secret token contains unallowed characters", webhook(HERE, "é")),
]


@pytest.mark.parametrize(("code", "description", "deed"), REFUSALS)
async def test_refusals_are_those_of_telegram(world: World, code: int, description: str, deed: Deed) -> None:
    assert (await deed(world)).refusal == (code, description)


async def test_a_repeated_early_call_gets_the_same_pause(world: World) -> None:
    """It is in the body and in a header, because some clients read only one of them."""
    refused = await struck(FaultKind.TOO_MANY_REQUESTS)(world)
    assert (refused.content["parameters"], refused.retry_after) == ({"retry_after": 35}, "35")


async def test_the_front_end_answers_with_a_page_of_its_own(world: World) -> None:
    await world.client.set_fault(Fault(FaultKind.BAD_GATEWAY))
    with pytest.raises(aiohttp.ContentTypeError, match="text/html"):
        await world.send()


def test_messages_older_than_two_days_stay() -> None:
    hall = Hall()
    hall.now_ms += 48 * HOUR_MS + 1
    for given in ({"method": "deleteMessage", "message_id": 1}, {"method": "deleteMessages", "message_ids": [1]}):
        refused = hall.refusal(**given, chat_id=PERSON)
        assert refused == (400, "Bad Request: message can't be deleted for everyone")


def test_a_tap_can_only_be_answered_soon() -> None:
    hall = Hall()
    hall.send(reply_markup=KEYBOARD)
    hall.act("tap")
    hall.now_ms += 16 * SECOND_MS
    refused = hall.refusal("answerCallbackQuery", callback_query_id=next(iter(hall.bot.queries)))
    assert refused == (400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
