"""The lists of commands: one for each scope and language, and the server's errors for invalid ones."""

from typing import Any

import pytest

from bench.sandbox.world.objects import BotCommand
from tests.sandbox.caller import Caller
from tests.sandbox.hall import PERSON, Hall

START = {"command": "start", "description": "Begin"}


async def test_a_list_is_set_read_and_deleted(bot: Caller) -> None:
    assert (await bot("getMyCommands")).result == []
    assert (await bot("setMyCommands", commands=[START])).result is True
    assert (await bot("getMyCommands")).result == [START]
    assert (await bot("deleteMyCommands")).result is True
    assert (await bot("getMyCommands")).result == []


def test_each_scope_and_language_has_a_list_of_its_own() -> None:
    hall = Hall()
    places: list[dict[str, Any]] = [
        {},
        {"language_code": "pt"},
        {"scope": {"type": "all_private_chats"}},
        {"scope": {"type": "chat", "chat_id": PERSON}},
        {"scope": {"type": "chat_member", "chat_id": PERSON, "user_id": 5}},
    ]
    for number, place in enumerate(places):
        hall.call("setMyCommands", commands=[{"command": f"c{number}", "description": "x"}], **place)
    for number, place in enumerate(places):
        assert hall.call("getMyCommands", **place) == (BotCommand(f"c{number}", "x"),)
    assert hall.call("getMyCommands", scope='{"type": "default"}') == (BotCommand("c0", "x"),)


def test_a_command_is_cleaned() -> None:
    hall = Hall()
    hall.call("setMyCommands", commands=[{"command": " /help ", "description": " Help "}])
    assert hall.call("getMyCommands") == (BotCommand("help", "Help"),)


@pytest.mark.parametrize(
    ("given", "description"),
    [
        ({"commands": "["}, "can't parse commands JSON object"),
        ({"commands": "{}"}, "expected an Array of BotCommand"),
        ({"commands": ["start"]}, "can't parse BotCommand: expected an Object"),
        ({"commands": [{"command": "a"}]}, "can't parse BotCommand: Can't find field \"description\""),
        ({"commands": [START] * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": [{"command": "/", "description": "a"}]}, "command must be non-empty"),
        ({"commands": [{"command": "a" * 33, "description": "a"}]}, "command length must not exceed 32"),
        ({"commands": [{"command": "a", "description": " "}]}, "command description must be non-empty"),
        ({"commands": [{"command": "a", "description": "a" * 257}]}, "command description length must not exceed 256"),
        ({"commands": [{"command": "Ajuda", "description": "a"}]}, "BOT_COMMAND_INVALID"),
        ({"language_code": "pt-br"}, "invalid language code specified"),
        ({"scope": "{"}, "can't parse BotCommandScope JSON object"),
        ({"scope": "[]"}, "can't parse BotCommandScope: BotCommandScope must be an Object"),
        ({"scope": {}}, "can't parse BotCommandScope: Can't find field \"type\""),
        ({"scope": {"type": []}}, 'can\'t parse BotCommandScope: Field "type" must be of type String'),
        ({"scope": {"type": "moon"}}, "can't parse BotCommandScope: Unsupported type specified"),
        ({"scope": {"type": "chat"}}, "can't parse BotCommandScope: Can't find field \"chat_id\""),
        ({"scope": {"type": "chat", "chat_id": 1}}, "chat not found"),
        (
            {"scope": {"type": "chat_member", "chat_id": PERSON}},
            "can't parse BotCommandScope: Invalid user_id specified",
        ),
    ],
)
def test_a_wrong_list_is_refused_in_the_servers_words(given: dict[str, Any], description: str) -> None:
    assert Hall().refusal("setMyCommands", **{"commands": [START], **given}) == (400, f"Bad Request: {description}")
