"""What the people do: all start the bots at once and fall silent; at the end some return and some pay.

Each group has people of both languages, and some whose name is invisible or looks like markup.
"""

from collections.abc import Sequence
from typing import Final

from bench.harness.delivery_counts import Chat
from bench.questions.message_kinds.composed import NAMELESS, Guest, Occasion
from bench.questions.message_kinds.judge import Comeback
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act, BotInfo, PersonInfo

LANGUAGES: Final = ("pt-br", "en")
NAMES: Final = ("Ana", NAMELESS, "Zé & <b>Filhos", "João", "Mary-Jane")
"""An odd number of them, so that each language has them all."""
_GROUP: Final = 10
_RETURNING: Final = (2, 3)
_PAYING: Final = (6, 7)
"""Places within each group of people."""


class Play:
    def __init__(self, client: SandboxClient, bots: Sequence[BotInfo]) -> None:
        self._client = client
        self._bots = bots
        self._people: list[PersonInfo] = []

    async def begin(self, chats: int) -> dict[Chat, Guest]:
        """Everybody starts every bot."""
        self._people = await self._client.add_people(chats, LANGUAGES, NAMES)
        await self._do([Act("start", bot.id, person.id) for bot in self._bots for person in self._people])
        return {(bot.id, person.id): _guest(person, bot) for bot in self._bots for person in self._people}

    async def end(self) -> dict[Chat, Comeback]:
        """Some return, some pay."""
        returned = [Act("write", bot.id, person.id, text="?") for bot, person in self._those(_RETURNING)]
        paid = [Act("pay", bot.id, person.id) for bot, person in self._those(_PAYING)]
        return await self._comebacks("returned", returned) | await self._comebacks("paid", paid)

    def _those(self, places: Sequence[int]) -> list[tuple[BotInfo, PersonInfo]]:
        people = [person for place, person in enumerate(self._people) if place % _GROUP in places]
        return [(bot, person) for bot in self._bots for person in people]

    async def _comebacks(self, occasion: Occasion, acts: Sequence[Act]) -> dict[Chat, Comeback]:
        at_ms = await self._do(acts)
        return {(int(act.bot), act.person): Comeback(occasion, at) for act, at in zip(acts, at_ms, strict=True)}

    async def _do(self, acts: Sequence[Act]) -> list[int]:
        """Gives the time of each act."""
        return [result.at_ms for result in await self._client.act(acts)]


def _guest(person: PersonInfo, bot: BotInfo) -> Guest:
    return Guest(person.first_name, person.username, person.language_code, bot.username)
