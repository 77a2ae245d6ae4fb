"""The methods without a network, with a clock that a test moves, and one person who has started the bot."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import asdict

from bench.sandbox.bot_api.methods import METHODS
from bench.sandbox.bot_api.methods.call import Call
from bench.sandbox.bot_api.methods.updates import begin_poll
from bench.sandbox.errors import ApiError
from bench.sandbox.people.actions import perform
from bench.sandbox.protocol import Act, ActResult, Deed
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.conversation import Conversation
from bench.sandbox.world.identities import FIRST_PERSON_ID
from bench.sandbox.world.media_messages import MediaMessage, Voice
from bench.sandbox.world.state import State

PERSON = FIRST_PERSON_ID
SECOND_MS = 1000
HOUR_MS = 3_600_000


@dataclass(slots=True)
class Hall:
    state: State = field(default_factory=lambda: State(0))
    now_ms: int = 1_700_000_000_000

    def __post_init__(self) -> None:
        self.state.add_bot()
        self.state.add_people(1)
        self.act("start")

    @property
    def bot(self) -> Bot:
        return self.state.bot_named("shop_bot")

    @property
    def chat(self) -> Conversation:
        return self.state.conversation(self.bot, PERSON)

    def call(self, method: str, **given: Any) -> Any:
        return self.call_with(method, given)

    def call_with(self, method: str, given: dict[str, Any]) -> Any:
        call = Call(self.state, self.bot, given, self.now_ms)
        return begin_poll(call) if method == "getUpdates" else METHODS[method.lower()](call)

    def send(self, text: str = "x", **given: Any) -> int:
        message_id: int = self.call("sendMessage", chat_id=PERSON, text=text, **given).message_id
        return message_id

    def send_voice(self, caption: str | None = None) -> int:
        """Put a message with media directly into the chat."""
        sent = self.chat.messages[self.send()]
        plain = {name: value for name, value in asdict(sent.message).items() if name != "text"}
        sent.message = MediaMessage(**plain, voice=Voice("a", "b", 1), caption=caption)
        return sent.message.message_id

    def act(self, deed: Deed, **more: Any) -> ActResult:
        result = perform(self.state, Act(deed, "shop_bot", PERSON, **more), self.now_ms)
        assert result.error is None
        return result

    def refusal(self, method: str, **given: Any) -> tuple[int, str]:
        return refusal(lambda: self.call(method, **given))


def refusal(what: Callable[[], object]) -> tuple[int, str]:
    """The code and the description of a call that must be refused."""
    with pytest.raises(ApiError) as refused:
        what()
    return refused.value.refusal
