"""Names, ids and tokens of bots and people. All follow from seed and position, so two runs have the same cast.

People's ids exceed 32 bits on purpose: code that keeps a chat in 32 bits must fail here first.
"""

import random
import string

from bench.sandbox.world.objects import BotUser

FIRST_PERSON_ID = 5_000_000_001
_TRADES = ("shop", "course", "club", "clinic", "travel", "books", "fitness", "music", "garden", "pets")
_PEOPLE = ("Ana", "Bruno", "Carla", "Diego", "Elisa", "Fábio", "Gabi", "Hugo", "Iara", "João")
_TOKEN_ALPHABET = string.ascii_letters + string.digits + "-_"
_SECRET_LENGTH = 35


def bot_user(seed: int, position: int, username: str | None = None) -> BotUser:
    draw = random.Random(f"bot {seed} {position}")
    round_number, trade = divmod(position, len(_TRADES))
    name = username or f"{_TRADES[trade]}{round_number + 1 if round_number else ''}_bot"
    title = name.removesuffix("_bot").replace("_", " ").title()
    return BotUser(draw.randrange(6_000_000_000, 8_000_000_000), is_bot=True, first_name=title, username=name)


def token(seed: int, bot_id: int, generation: int) -> str:
    draw = random.Random(f"token {seed} {bot_id} {generation}")
    return f"{bot_id}:" + "".join(draw.choices(_TOKEN_ALPHABET, k=_SECRET_LENGTH))


def first_update_id(seed: int, bot_id: int) -> int:
    return random.Random(f"updates {seed} {bot_id}").randrange(100_000_000, 900_000_000)


def person_name(person_id: int) -> str:
    return _PEOPLE[person_id % len(_PEOPLE)]
