"""The lists of commands that a bot shows: one for each scope and language. A list that was never set is empty.

Which list a person sees is decided in `people`, as an app decides it.
"""

from typing import Any, NamedTuple

import msgspec

from bench.sandbox import errors, untrusted_json
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call, Method, chat_named
from bench.sandbox.errors import ApiError
from bench.sandbox.world.objects import BotCommand

_MOST = 100
_LONGEST_COMMAND = 32
_LONGEST_DESCRIPTION = 256
_PLAIN_SCOPES = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
_CHAT_SCOPES = frozenset({"chat", "chat_administrators", "chat_member"})
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
_LANGUAGE_LETTERS = 2


class Scope(NamedTuple):
    kind: str
    chat_id: int = 0
    user_id: int = 0


def set_my_commands(call: Call) -> bool:
    commands, place = _commands(call.given.get("commands")), _place(call)
    call.bot.commands[place] = tuple(map(_cleaned, commands))
    return True


def delete_my_commands(call: Call) -> bool:
    call.bot.commands.pop(_place(call), None)
    return True


def get_my_commands(call: Call) -> tuple[BotCommand, ...]:
    return call.bot.commands.get(_place(call), ())


def _place(call: Call) -> tuple[Scope, str]:
    scope = _scope(call)
    language = parameters.text(call.given, "language_code")
    if language and not (len(language) == _LANGUAGE_LETTERS and language.isascii() and language.islower()):
        raise ApiError(errors.LANGUAGE_INVALID)
    return scope, language


def _scope(call: Call) -> Scope:
    given = call.given.get("scope")
    if given is None or given == "":
        return Scope("default")
    scope = _decoded(given, errors.bad_request("can't parse BotCommandScope JSON object"))
    if not isinstance(scope, dict):
        raise _bad_scope("BotCommandScope must be an Object")
    kind = scope.get("type")
    if kind is None:
        raise _bad_scope('Can\'t find field "type"')
    if not isinstance(kind, str):
        raise _bad_scope('Field "type" must be of type String')
    if kind in _PLAIN_SCOPES:
        return Scope(kind)
    if kind not in _CHAT_SCOPES:
        raise _bad_scope("Unsupported type specified")
    return _chat_scope(call, kind, scope)


def _chat_scope(call: Call, kind: str, scope: dict[str, Any]) -> Scope:
    if "chat_id" not in scope:
        raise _bad_scope('Can\'t find field "chat_id"')
    user_id = parameters.integer(scope, "user_id")
    if kind == "chat_member" and user_id <= 0:
        raise _bad_scope("Invalid user_id specified")
    return Scope(kind, chat_named(call, scope["chat_id"]).person.user.id, user_id)


def _bad_scope(detail: str) -> ApiError:
    return ApiError(errors.bad_request(f"can't parse BotCommandScope: {detail}"))


def _commands(given: Any) -> list[dict[str, Any]]:
    """Read the list; a missing one is empty, as on the server."""
    if given is None or given == "":
        return []
    commands = _decoded(given, errors.bad_request("can't parse commands JSON object"))
    if not isinstance(commands, list):
        raise ApiError(errors.bad_request("expected an Array of BotCommand"))
    for command in commands:
        _check_form(command)
    if len(commands) > _MOST:
        raise ApiError(errors.TOO_MANY_COMMANDS)
    return commands


def _check_form(command: Any) -> None:
    if not isinstance(command, dict):
        raise ApiError(errors.bad_request("can't parse BotCommand: expected an Object"))
    for name in ("command", "description"):
        if name not in command:
            raise ApiError(errors.bad_request(f"can't parse BotCommand: Can't find field \"{name}\""))


def _cleaned(given: dict[str, Any]) -> BotCommand:
    command = str(given["command"]).strip().removeprefix("/")
    description = str(given["description"]).strip()
    if not command:
        raise ApiError(errors.bad_request("command must be non-empty"))
    if len(command) > _LONGEST_COMMAND:
        raise ApiError(errors.bad_request(f"command length must not exceed {_LONGEST_COMMAND}"))
    if not description:
        raise ApiError(errors.bad_request("command description must be non-empty"))
    if len(description) > _LONGEST_DESCRIPTION:
        raise ApiError(errors.bad_request(f"command description length must not exceed {_LONGEST_DESCRIPTION}"))
    if not _LETTERS.issuperset(command):
        raise ApiError(errors.COMMAND_INVALID)
    return BotCommand(command, description)


def _decoded(given: Any, refusal: errors.Refusal) -> Any:
    try:
        return untrusted_json.decode(given) if isinstance(given, str) else given
    except msgspec.DecodeError as error:
        raise ApiError(refusal) from error


COMMANDS: dict[str, Method] = {
    "setMyCommands": set_my_commands,
    "deleteMyCommands": delete_my_commands,
    "getMyCommands": get_my_commands,
}
