"""What an act is done in: the sandbox, the bot, the chat, the act itself and the moment."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.sandbox.protocol import Act, ActResult
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.conversation import Conversation, first_message, last_message
from bench.sandbox.world.files import Content
from bench.sandbox.world.objects import Message, seconds
from bench.sandbox.world.retention import Stored
from bench.sandbox.world.state import State


class ActRefusedError(ValueError):
    """A person cannot do this here."""


@dataclass(frozen=True, slots=True)
class Scene:
    state: State
    bot: Bot
    chat: Conversation
    act: Act
    now_ms: int
    content: Content | None

    @property
    def date(self) -> int:
        return seconds(self.now_ms)

    def message(self) -> Message:
        person = self.chat.person
        return Message(self.chat.next_message_id, person.user, person.chat, self.date)

    def done(self, update_id: int | None, message_id: int | None = None) -> ActResult:
        return ActResult(self.now_ms, self.date, update_id, message_id)


def chosen_message(scene: Scene, wanted: Callable[[Message], bool]) -> Stored:
    given = scene.act.message_id
    find = first_message if scene.act.old else last_message
    stored = find(scene.chat, wanted) if given is None else scene.chat.messages.get(given)
    if stored is None or not wanted(stored.message):
        raise ActRefusedError("there is no such message to act on")
    return stored


def require_unblocked(scene: Scene) -> None:
    if scene.chat.blocked:
        raise ActRefusedError("the bot is blocked by this person")
