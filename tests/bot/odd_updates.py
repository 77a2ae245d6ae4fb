"""Updates of every kind of the Bot API, made from its specification, and then spoiled.

Each of their texts contains `WORDS`, so that a test sees where a user's words turn up.
"""

import json
from copy import deepcopy
from random import Random
from typing import Any, Final

from bench.sandbox.bot_api.shapes import Shape
from bench.sandbox.bot_api.spec import read_spec

WORDS: Final = "words-of-a-user"
_TYPES: Final = read_spec().types
KINDS: Final = tuple(name for name in _TYPES["Update"] if name != "update_id")
_DEEPEST: Final = 5
_TOKENS: Final = (
    rb'"\ud83d"',
    rb'"words-of-a-user \udc4d"',
    b'"words-of-a-user \xff"',
    b'"words-of-a-user \x01"',
    b"NaN",
    b"1e400",
    b"9" * 5_000,
    b'[{"a":' * 3_000 + b'"words-of-a-user"' + b"}]" * 3_000,
    b'{"id":1,"id":"words-of-a-user"}',
)
"""What no encoder writes."""
_MARK: Final = "token {}"
"""Stands for a token until the rest is written."""
_ODD: Final[tuple[Any, ...]] = (
    *(None, True, "", "\x00", f"{WORDS}\u202e", WORDS * 500, [], {}, [[]], [None], {WORDS: {}}, 0, -1, 1.5, 1e308),
    *(2**31, 2**53 + 1, 2**63, 2**70, "5", "true", "private", [WORDS], {"id": WORDS}),
    *(_MARK.format(number) for number in range(len(_TOKENS))),
)


def real(kind: str, chance: Random, person: int) -> dict[str, Any]:
    """An update of this kind, about this person in their private chat where it is about somebody."""
    update = {kind: _value(_TYPES["Update"][kind].shape, chance, 0)}
    _move_to(update, person)
    return update


def spoiled(update: dict[str, Any], chance: Random) -> dict[str, Any]:
    """Change one to three values in it: other types, odd values, a field less or more."""
    for _ in range(chance.randint(1, 3)):
        places = [*_places(update)]
        holder, name = chance.choice(places)
        match chance.randrange(4):
            case 0 if isinstance(holder, dict):
                del holder[name]
            case 1 if isinstance(holder, dict):
                holder[WORDS] = holder.pop(name)
            case _:
                holder[name] = deepcopy(chance.choice(_ODD))
        if not update:
            break
    return update


def written(update: dict[str, Any], chance: Random) -> bytes:
    """As JSON, or as what a broken server might take for it."""
    text = json.dumps(update, ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")
    for number, token in enumerate(_TOKENS):
        text = text.replace(json.dumps(_MARK.format(number)).encode(), token)
    return text


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every field and item, with what holds it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for name, inner in pairs for place in ((value, name), *_places(inner))]


def _value(shape: Shape, chance: Random, depth: int) -> Any:
    """One of the values that the shape allows."""
    plain = [
        *sorted(shape.words),
        *([chance.choice((1, 42, 1_800_000_000))] if shape.integer else []),
        *([0.5] if shape.number else []),
        *([chance.random() < 0.5] if shape.boolean else []),
        *([f"{WORDS} {chance.randrange(100)}"] if shape.string or shape.file or shape.anything else []),
    ]
    chosen: Any = chance.choice([*plain, *shape.objects, *([shape.items] if shape.items else [])])
    if isinstance(chosen, Shape):
        return [_value(chosen, chance, depth) for _ in range(chance.randint(0 if depth > _DEEPEST else 1, 2))]
    return _object(chosen, chance, depth + 1) if chosen in shape.objects else chosen


def _object(name: str, chance: Random, depth: int) -> dict[str, Any]:
    fields = _TYPES[name].values()
    likely = 0.35 if depth <= 1 else 0.15 if depth < _DEEPEST else 0.0
    chosen = [field for field in fields if field.required or chance.random() < likely]
    return {field.name: _value(field.shape, chance, depth) for field in chosen}


def _move_to(update: dict[str, Any], person: int) -> None:
    """Let the update come from this person's private chat."""
    for body in update.values():
        for holder in (body, body.get("message", {})):
            if isinstance(holder, dict) and "chat" in holder:
                holder["chat"] = {"id": person, "type": "private", "first_name": WORDS}
        body["from"] = {"id": person, "is_bot": False, "first_name": WORDS, "language_code": "en"}
