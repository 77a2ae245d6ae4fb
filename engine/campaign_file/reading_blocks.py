"""Reads what a block says and how it is sent. `docs/campaign-file.md` describes the format.

Exactly one field of a block names its kind. A media file is named by its path beside the campaign's file, or by its
hash if the library has it. Both become a `sha256`; an `AssetOf` finds that of a path.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Final, TypeAlias, get_args

import msgspec

from engine.campaign_file.fields import Field
from engine.core.content import checks, keyboard, text_checks
from engine.core.content.model import (
    CAPTIONED,
    COVERABLE,
    After,
    Album,
    Button,
    Buttons,
    Content,
    CopyButton,
    Delete,
    Effects,
    Item,
    ItemKind,
    Keep,
    Media,
    MediaKind,
    Poll,
    Preview,
    Replace,
    StartButton,
    StopButton,
    Style,
    Text,
    Unbutton,
    UrlButton,
)
from engine.core.errors import CampaignError
from engine.core.schedule import step_schedule

AssetOf: TypeAlias = Callable[[MediaKind, str], str]
"""Returns the hash of a file, given its path relative to the campaign's file. Raises CampaignError."""
Members: TypeAlias = Mapping[str, Field]

HASHED: Final = "sha256:"
RULES: Final[Mapping[str, After]] = {"keep": Keep(), "unbutton": Unbutton(), "delete": Delete()}

_MEDIA: Final[tuple[MediaKind, ...]] = get_args(MediaKind)
_ITEMS: Final[tuple[ItemKind, ...]] = get_args(ItemKind)
_KINDS: Final = ("text", *_MEDIA, "album", "poll")
CONTENT: Final = (*_KINDS, "preview", "caption", "above", "spoiler", "buttons")
EFFECTS: Final = ("delete_after", "silent", "protect", "message_effect", "after")
_POLL: Final = ("question", "options", "multiple", "anonymous", "correct", "explanation")
_LONGEST_PATH: Final = 255
_TARGETS: Final = ("url", "start", "copy", "stop")
_BUTTON: Final = ("text", *_TARGETS, "tracked", "style")


def read_variants(field: Field, asset_of: AssetOf) -> dict[str, Content]:
    """Read the contents for people of other languages."""
    variants: dict[str, Content] = {}
    for key, value in field.entries():
        language = key.passed(checks.check_language)
        if language in variants:
            raise key.error(f"the language {language} appears twice: delete one.")
        variants[language] = read_content(Field(value.file, f"{field.name}.{language}", value.node), asset_of)
    return variants


def read_content(field: Field, asset_of: AssetOf) -> Content:
    """Read a content that stands alone; it may be just its text."""
    if field.is_plain:
        return Text(field.passed(text_checks.check_text))
    return content_of(field, field.members(CONTENT), asset_of)


def content_of(field: Field, members: Members, asset_of: AssetOf) -> Content:
    """Read a content from among the members of a block."""
    kind = _kind(field, members, _KINDS, "a block is one message")
    for name in CONTENT:
        if name in members and name not in (kind, *_options(kind)):
            raise members[name].error(f"{kind} does not take the field {name}: delete it.")
    made = _content(kind, members, asset_of)
    with field.placing():
        checks.check(made)
    return made


def read_effects(members: Members) -> Effects:
    given: dict[str, int | bool | str] = {}
    if "delete_after" in members:
        given["delete_after_ms"] = members["delete_after"].read(_delete_after)
    for name in ("silent", "protect"):
        if name in members:
            given[name] = members[name].flag()
    if "message_effect" in members:
        given["message_effect"] = members["message_effect"].passed(checks.check_message_effect)
    rules = members["after"].members(("returned", "paid")) if "after" in members else {}
    on_return, on_payment = (_rule(rules[name]) if name in rules else Keep() for name in ("returned", "paid"))
    return msgspec.structs.replace(Effects(on_return=on_return, on_payment=on_payment), **given)


def _kind(field: Field, members: Members, kinds: tuple[str, ...], reason: str) -> str:
    """Find the one member that names the kind."""
    found = [name for name in kinds if name in members]
    if not found:
        raise field.error(f"a field is missing: add one of {', '.join(kinds)}.")
    if len(found) > 1:
        raise members[found[1]].error(f"{reason}: delete {found[0]} or {found[1]}.")
    return found[0]


def _options(kind: str) -> tuple[str, ...]:
    match kind:
        case "text":
            return ("preview", "buttons")
        case "album":
            return ("above",)
        case _:
            caption = ("caption",) if kind in CAPTIONED else ()
            cover = ("above", "spoiler") if kind in COVERABLE else ()
            return (*caption, *cover, "buttons")


def _content(kind: str, members: Members, asset_of: AssetOf) -> Content:
    match kind:
        case "text":
            text = members["text"].passed(text_checks.check_text)
            return Text(text, _preview(members), _buttons(members))
        case "album":
            items = tuple(_item(item, asset_of) for item in members["album"].items())
            return Album(items, above=_flag(members, "above"))
        case "poll":
            return _poll(members["poll"], _buttons(members))
        case _:
            return _media(next(name for name in _MEDIA if name == kind), members, asset_of)


def _media(kind: MediaKind, members: Members, asset_of: AssetOf) -> Media:
    return Media(
        kind,
        members[kind].read(partial(_sha256, kind, asset_of)),
        caption=_caption(members),
        above=_flag(members, "above"),
        spoiler=_flag(members, "spoiler"),
        buttons=_buttons(members),
    )


def _item(field: Field, asset_of: AssetOf) -> Item:
    members = field.members((*_ITEMS, "caption", "spoiler"))
    found = _kind(field, members, _ITEMS, "this is one file")
    kind = next(name for name in _ITEMS if name == found)
    sha256 = members[kind].read(partial(_sha256, kind, asset_of))
    return Item(kind, sha256, caption=_caption(members), spoiler=_flag(members, "spoiler"))


def _poll(field: Field, buttons: Buttons) -> Poll:
    members = field.members(_POLL, needed=("question", "options"))
    return Poll(
        question=members["question"].text(),
        options=tuple(option.text() for option in members["options"].items()),
        multiple=_flag(members, "multiple"),
        anonymous=members["anonymous"].flag() if "anonymous" in members else True,
        correct=members["correct"].number() - 1 if "correct" in members else None,
        explanation=members["explanation"].text() if "explanation" in members else "",
        buttons=buttons,
    )


def _sha256(kind: MediaKind, asset_of: AssetOf, text: str) -> str:
    if text.startswith(HASHED):
        sha256 = text.removeprefix(HASHED)
        checks.check_sha256(sha256)
        return sha256
    if not _is_path_below(text):
        raise CampaignError(
            "A file is named by its path from the campaign's file: put it beside that, and write banner.jpg."
        )
    return asset_of(kind, text)


def _is_path_below(text: str) -> bool:
    """Whether the path leads to the campaign's folder or below it."""
    path = PurePosixPath(text)
    odd = "\\" in text or not text.isprintable() or len(text) > _LONGEST_PATH
    return not (odd or path.is_absolute() or ".." in path.parts or not path.name)


def _caption(members: Members) -> str:
    return members["caption"].passed(text_checks.check_caption) if "caption" in members else ""


def _flag(members: Members, name: str) -> bool:
    return members[name].flag() if name in members else False


def _preview(members: Members) -> Preview:
    if "preview" not in members:
        return "auto"
    chosen = members["preview"].choice(get_args(Preview))
    return next(preview for preview in get_args(Preview) if preview == chosen)


def _buttons(members: Members) -> Buttons:
    if "buttons" not in members:
        return ()
    return tuple(tuple(_button(button) for button in row.items()) for row in members["buttons"].items())


def _button(field: Field) -> Button:
    members = field.members(_BUTTON, needed=("text",))
    kind = _kind(field, members, _TARGETS, "a button does one thing")
    if "tracked" in members and kind != "url":
        raise members["tracked"].error("only a url can be tracked: delete it.")
    text, target, style = members["text"].passed(text_checks.check_label), members[kind], _style(members)
    match kind:
        case "url":
            tracked = members["tracked"].flag() if "tracked" in members else True
            return UrlButton(text, target.passed(partial(keyboard.check_url, tracked=tracked)), tracked, style)
        case "start":
            return StartButton(text, target.passed(keyboard.check_payload), style)
        case "copy":
            return CopyButton(text, target.passed(keyboard.check_copy), style)
        case _:
            if not target.flag():
                raise target.error("write true, or delete the button.")
            return StopButton(text, style)


def _style(members: Members) -> Style | None:
    if "style" not in members:
        return None
    chosen = members["style"].choice(get_args(Style))
    return next(style for style in get_args(Style) if style == chosen)


def _rule(field: Field) -> After:
    if field.is_plain:
        return RULES[field.choice(tuple(RULES))]
    text = field.members(("replace",), needed=("replace",))["replace"]
    return Replace(text.passed(partial(text_checks.check_text, noun="replacement")))


def _delete_after(text: str) -> int:
    after_ms = step_schedule.parse_duration(text)
    checks.check_delete_after(after_ms)
    return after_ms
