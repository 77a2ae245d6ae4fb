"""What a person can do in a chat with a bot, and the update that the bot gets for it. Pure.

Writing to a bot starts it. A blocked bot hears nothing: a person unblocks it first, or starts it again, which does
both.
"""

from collections.abc import Callable

from msgspec.structs import replace

from bench.sandbox.bot_api.methods.inputs import Trouble, file_of, photo_of
from bench.sandbox.bot_api.methods.pieces import LONGEST_CAPTION
from bench.sandbox.bot_api.uploads import Upload
from bench.sandbox.errors import ApiError
from bench.sandbox.formatting.cleaning import shows_nothing
from bench.sandbox.formatting.reply_markup import first_callback
from bench.sandbox.formatting.stored_form import plain
from bench.sandbox.people import elsewhere, signs
from bench.sandbox.people.scene import ActRefusedError, Scene, chosen_message, require_unblocked
from bench.sandbox.protocol import Act, ActResult, Deed
from bench.sandbox.world.bot import Bot, Checkout
from bench.sandbox.world.conversation import Relation
from bench.sandbox.world.files import Content, File, Kind
from bench.sandbox.world.media_messages import MediaMessage, show
from bench.sandbox.world.objects import (
    CallbackQuery,
    ChatMemberUpdated,
    Entity,
    Member,
    Message,
    PollAnswer,
    PreCheckoutQuery,
    seconds,
)
from bench.sandbox.world.payments import CURRENCY, settle
from bench.sandbox.world.samples import sample
from bench.sandbox.world.state import State
from bench.sandbox.world.votes import VoteRefusedError, voted


def perform(state: State, act: Act, now_ms: int, content: Content | None = None) -> ActResult:
    """Do it, or say in the result why it cannot be done. `content` is a file that came beside the act."""
    try:
        bot = state.bot_named(str(act.bot))
        scene = Scene(state, bot, state.conversation(bot, act.person), act, now_ms, content)
        _require_account(scene)
        return _DEEDS[act.deed](scene)
    except (ActRefusedError, VoteRefusedError, ApiError, LookupError) as error:
        return ActResult(now_ms, seconds(now_ms), error=str(error))


def _start(scene: Scene) -> ActResult:
    if scene.chat.blocked:
        _unblock(scene)
    scene.chat.started = True
    message = scene.message()
    message.text = f"/start {scene.act.payload}".rstrip()
    message.entities = (Entity("bot_command", 0, len("/start")),)
    return _say(scene, message)


def _write(scene: Scene) -> ActResult:
    require_unblocked(scene)
    text, entities = _written(scene)
    scene.chat.started = True
    message = scene.message()
    message.text, message.entities = text, entities
    return _say(scene, message)


def _written(scene: Scene) -> tuple[str, tuple[Entity, ...]]:
    """Clean the text and recognise commands, links and the like, as the server does."""
    words = plain(scene.act.text)
    if shows_nothing(words.text):
        raise ActRefusedError("there is no text to write")
    return words.text, tuple(Entity(span.kind, span.offset, span.length) for span in words.spans)


def _send_file(scene: Scene) -> ActResult:
    require_unblocked(scene)
    if len(scene.act.text) > LONGEST_CAPTION:
        raise ActRefusedError(f"a caption has at most {LONGEST_CAPTION} characters")
    file = scene.state.files.keep(_file(scene, Kind(scene.act.deed.removeprefix("send_"))))
    scene.chat.started = True
    person = scene.chat.person
    message = MediaMessage(scene.chat.next_message_id, person.user, person.chat, scene.date)
    show(message, scene.state.files, scene.bot.id, file)
    message.caption, message.media_group_id = scene.act.text or None, scene.act.album or None
    return _say(scene, message)


def _file(scene: Scene, kind: Kind) -> File:
    content, name = scene.content or (Content.of(scene.act.file) if scene.act.file else None), scene.act.name
    if content is None:
        usual, data = sample(kind)
        content, name = Content.of(data), name or usual
    if kind is not Kind.PHOTO:
        return file_of(kind, Upload(name, "", content), {})
    photo = photo_of(content)
    if isinstance(photo, Trouble):
        raise ActRefusedError("this is not a picture that Telegram takes as a photo")
    return photo


def _pay(scene: Scene) -> ActResult:
    """Pay without asking the bot first."""
    require_unblocked(scene)
    payload = scene.act.payload or "order"
    notice = settle(scene.state, scene.bot, Checkout(scene.chat, scene.act.amount, payload, scene.now_ms), scene.now_ms)
    return scene.done(notice.update_id, notice.message_id)


def _check_out(scene: Scene) -> ActResult:
    """Confirm a payment, which the bot must allow."""
    require_unblocked(scene)
    payload = scene.act.payload or "order"
    query_id = scene.state.open_checkout(scene.bot, Checkout(scene.chat, scene.act.amount, payload, scene.now_ms))
    query = PreCheckoutQuery(query_id, scene.chat.person.user, CURRENCY, scene.act.amount, payload)
    return scene.done(scene.state.queue(scene.bot, "pre_checkout_query", query))


def _say(scene: Scene, message: Message) -> ActResult:
    scene.chat.add(message, scene.now_ms)
    return scene.done(scene.state.queue(scene.bot, "message", message), message.message_id)


def _edit(scene: Scene) -> ActResult:
    require_unblocked(scene)
    stored = chosen_message(scene, lambda one: not one.sender.is_bot and one.text is not None)
    text, entities = _written(scene)
    stored.edited_ms, message = scene.now_ms, stored.message
    message.text, message.entities, message.edit_date = text, entities, scene.date
    return scene.done(scene.state.queue(scene.bot, "edited_message", message), message.message_id)


def _tap(scene: Scene) -> ActResult:
    """Tap the given data or the first button, on the given message or the last one with buttons."""
    require_unblocked(scene)
    message = chosen_message(scene, lambda one: one.sender.is_bot and one.reply_markup is not None).message
    data = scene.act.data or first_callback(message.reply_markup)
    if data is None:
        raise ActRefusedError("the message has no button to tap")
    query = CallbackQuery(
        scene.state.open_query(scene.bot, scene.chat, message.message_id, data, scene.now_ms),
        scene.chat.person.user,
        message,
        f"{scene.bot.id}-{message.chat.id}",
        data,
    )
    return scene.done(scene.state.queue(scene.bot, "callback_query", query), message.message_id)


def _vote(scene: Scene) -> ActResult:
    """Vote: the bot gets the poll's results and, unless it is anonymous, the person's choice."""
    require_unblocked(scene)
    stored = chosen_message(scene, lambda one: isinstance(one, MediaMessage) and one.poll is not None)
    message = stored.message
    if not isinstance(message, MediaMessage) or message.poll is None:
        raise ActRefusedError("the message has no poll")
    poll, chosen = voted(message.poll, scene.act.options), tuple(sorted(set(scene.act.options)))
    stored.message = replace(message, poll=poll)
    update_id = scene.state.queue(scene.bot, "poll", poll)
    if poll.is_anonymous:
        return scene.done(update_id, message.message_id)
    ids = tuple(poll.options[place].persistent_id for place in chosen)
    answer = PollAnswer(poll.id, scene.chat.person.user, chosen, ids)
    return scene.done(scene.state.queue(scene.bot, "poll_answer", answer), message.message_id)


def _block(scene: Scene) -> ActResult:
    require_unblocked(scene)
    scene.chat.blocked = True
    return _member_changed(scene, "member", "kicked")


def _unblock(scene: Scene) -> ActResult:
    if not scene.chat.blocked:
        raise ActRefusedError("the bot is not blocked")
    scene.chat.blocked = False
    return _member_changed(scene, "kicked", "member")


def _member_changed(scene: Scene, before: str, after: str) -> ActResult:
    update = ChatMemberUpdated(
        scene.chat.person.chat,
        scene.chat.person.user,
        scene.date,
        _member(scene.bot, before),
        _member(scene.bot, after),
    )
    return scene.done(scene.state.queue(scene.bot, "my_chat_member", update))


def _member(bot: Bot, status: str) -> Member:
    return Member(bot.sender, status, until_date=0 if status == "kicked" else None)


def _delete_account(scene: Scene) -> ActResult:
    """Delete the account for every bot; no bot is notified."""
    scene.chat.person.deleted = True
    return scene.done(None)


def _require_account(scene: Scene) -> None:
    if scene.chat.relation is Relation.DELETED:
        raise ActRefusedError("the account is deleted")


_SENDING: tuple[Deed, ...] = (
    "send_photo",
    "send_video",
    "send_animation",
    "send_audio",
    "send_voice",
    "send_video_note",
    "send_document",
    "send_sticker",
)
_DEEDS: dict[Deed, Callable[[Scene], ActResult]] = {
    "start": _start,
    "write": _write,
    "edit": _edit,
    "tap": _tap,
    "pay": _pay,
    "checkout": _check_out,
    "vote": _vote,
    "react": signs.react,
    "renew": signs.renew,
    "share_location": signs.share_location,
    "move": signs.move,
    "buy_media": elsewhere.buy_media,
    "inline_query": elsewhere.query,
    "tap_in_group": elsewhere.tap,
    "vote_elsewhere": elsewhere.vote,
    "block": _block,
    "unblock": _unblock,
    "delete_account": _delete_account,
    **dict.fromkeys(_SENDING, _send_file),
}
