"""What a person does in the chat besides writing, tapping and paying; some of it happens by itself. Pure."""

from msgspec.structs import replace

from bench.sandbox.people.scene import Scene, chosen_message, require_unblocked
from bench.sandbox.protocol import ActResult
from bench.sandbox.world.bot import Checkout
from bench.sandbox.world.objects import Location, Message, MessageReactionUpdated, ReactionTypeEmoji
from bench.sandbox.world.payments import settle

_EMOJI = "\N{THUMBS UP SIGN}"
_PLACE = Location(-23.55, -46.63, live_period=900)
_STEP = 0.001


def react(scene: Scene) -> ActResult:
    """React to the given message, or to the last one of the bot."""
    require_unblocked(scene)
    message = chosen_message(scene, lambda one: one.sender.is_bot).message
    reaction = (ReactionTypeEmoji("emoji", scene.act.text or _EMOJI),)
    person = scene.chat.person
    update = MessageReactionUpdated(person.chat, message.message_id, person.user, scene.date, (), reaction)
    return scene.done(scene.state.queue(scene.bot, "message_reaction", update), message.message_id)


def renew(scene: Scene) -> ActResult:
    """Telegram charges a subscription again; the person does nothing for it, and need not even be there."""
    checkout = Checkout(scene.chat, scene.act.amount, scene.act.payload or "order", scene.now_ms)
    notice = settle(scene.state, scene.bot, checkout, scene.now_ms, renews=True)
    return scene.done(notice.update_id, notice.message_id)


def share_location(scene: Scene) -> ActResult:
    """Begin to share a live location."""
    require_unblocked(scene)
    scene.chat.started = True
    message = scene.message()
    message.location = _PLACE
    scene.chat.add(message, scene.now_ms)
    return scene.done(scene.state.queue(scene.bot, "message", message), message.message_id)


def move(scene: Scene) -> ActResult:
    """Walk on while a live location is shared."""
    require_unblocked(scene)
    stored = chosen_message(scene, _is_live)
    stored.edited_ms, message = scene.now_ms, stored.message
    message.location = replace(message.location or _PLACE, latitude=(message.location or _PLACE).latitude + _STEP)
    message.edit_date = scene.date
    return scene.done(scene.state.queue(scene.bot, "edited_message", message), message.message_id)


def _is_live(message: Message) -> bool:
    return message.location is not None and message.location.live_period is not None
