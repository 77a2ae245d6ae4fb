"""What a person does with a bot outside their chat with it, so also one who has never started the bot. Pure."""

from bench.sandbox.people.scene import Scene
from bench.sandbox.protocol import ActResult
from bench.sandbox.world.objects import (
    CallbackQuery,
    Group,
    InaccessibleMessage,
    InlineQuery,
    PaidMediaPurchased,
    PollAnswer,
)

_GROUP = Group(-1_001_234_567_890, "supergroup", "Group")
_MESSAGE_ID = 1


def query(scene: Scene) -> ActResult:
    """Type the bot's name and some words in another chat."""
    query_id = _new_query(scene, "")
    asked = InlineQuery(query_id, scene.chat.person.user, scene.act.text, "", "private")
    return scene.done(scene.state.queue(scene.bot, "inline_query", asked))


def tap(scene: Scene) -> ActResult:
    """Tap a button below a message in a group."""
    data = scene.act.data or "tap"
    message = InaccessibleMessage(_GROUP, _MESSAGE_ID)
    tapped = CallbackQuery(
        _new_query(scene, data), scene.chat.person.user, message, f"{scene.bot.id}-{_GROUP.id}", data
    )
    return scene.done(scene.state.queue(scene.bot, "callback_query", tapped))


def vote(scene: Scene) -> ActResult:
    """Vote in a poll that somebody has forwarded."""
    options = scene.act.options
    answer = PollAnswer("forwarded", scene.chat.person.user, options, tuple(map(str, options)))
    return scene.done(scene.state.queue(scene.bot, "poll_answer", answer))


def buy_media(scene: Scene) -> ActResult:
    """Buy paid media that the bot has posted in a group."""
    purchase = PaidMediaPurchased(scene.chat.person.user, scene.act.payload or "media")
    return scene.done(scene.state.queue(scene.bot, "purchased_paid_media", purchase))


def _new_query(scene: Scene, data: str) -> str:
    return scene.state.open_query(scene.bot, scene.chat, _MESSAGE_ID, data, scene.now_ms)
