"""Whether Telegram will accept a block's content, and later do with it what the block asks for.

Everything that can be known when a campaign is saved is refused then, with its place and its mend; what passes can be
sent to anybody. Telegram has accepted polls with one option for a while; older Bot API servers do not, and such a poll
asks nothing, so two are required here. Options take no variables, because names could make two of them equal.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from engine.core.content import keyboard, templates, text_checks
from engine.core.content.model import (
    CAPTIONED,
    COVERABLE,
    After,
    Album,
    Content,
    Delete,
    Effects,
    Item,
    Keep,
    Media,
    Poll,
    Replace,
    Text,
    Unbutton,
    buttons,
    kind,
)
from engine.core.errors import CampaignError, Phrase, within
from engine.core.schedule import step_schedule

MIN_ITEMS: Final = 2
MAX_ITEMS: Final = 10
MAX_QUESTION: Final = 300
MIN_OPTIONS: Final = 2
MAX_OPTIONS: Final = 12
MAX_OPTION: Final = 100
MAX_EXPLANATION: Final = 200
_MAX_EXPLANATION_LINES: Final = 3
MAX_LANGUAGES: Final = 20
MIN_DELETE_AFTER_MS: Final = 1_000
MAX_DELETE_AFTER_MS: Final = 47 * 3_600_000 + 50 * 60_000
"""Telegram deletes nothing that is older than 48 h."""
_REPLACEMENT: Final = Phrase("replacement")

_SHA256: Final = re.compile("[0-9a-f]{64}")
_EFFECT: Final = re.compile("[0-9]{1,64}")
_LANGUAGE: Final = re.compile("[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}")


def check(content: Content) -> None:
    """Refuse a content that cannot be sent as it stands."""
    match content:
        case Text():
            text_checks.check_text(content.text)
        case Media():
            _check_media(content)
        case Album():
            _check_album(content)
        case Poll():
            _check_poll(content)
        case _:
            assert_never(content)
    keyboard.check(buttons(content))


def check_variants(content: Content, languages: Mapping[str, Content]) -> None:
    """Refuse the default content, or a language's, if it cannot be sent."""
    check(content)
    if len(languages) > MAX_LANGUAGES:
        raise CampaignError(
            "There are {count} languages: leave at most {most}.", count=len(languages), most=MAX_LANGUAGES
        )
    for language, variant in languages.items():
        check_language(language)
        with within(Phrase("language {language}", language=language)):
            check(variant)


def check_effects(effects: Effects, contents: Sequence[Content]) -> None:
    """Refuse an effect that one of the contents cannot have."""
    if effects.delete_after_ms is not None:
        check_delete_after(effects.delete_after_ms)
    if effects.message_effect is not None:
        check_message_effect(effects.message_effect)
    with within(Phrase("after a return")):
        _check_after(effects.on_return, contents)
    with within(Phrase("after a payment")):
        _check_after(effects.on_payment, contents)


def check_delete_after(after_ms: int) -> None:
    if not MIN_DELETE_AFTER_MS <= after_ms <= MAX_DELETE_AFTER_MS:
        bounds = (after_ms, MIN_DELETE_AFTER_MS, MAX_DELETE_AFTER_MS)
        given, least, most = map(step_schedule.write_duration, bounds)
        raise CampaignError(
            "Deleting after {given} is not possible: write a time from {least} to {most}.",
            given=given,
            least=least,
            most=most,
        )


def check_message_effect(effect: str) -> None:
    if not _EFFECT.fullmatch(effect):
        raise CampaignError("The message effect is invalid: write Telegram's id for it, up to 64 digits.")


def check_language(code: str) -> None:
    if not _LANGUAGE.fullmatch(code):
        raise CampaignError(
            "The language {code!r} is invalid: write its code in lower case: en, pt or pt-br.", code=code[:32]
        )


def check_sha256(sha256: str) -> None:
    if not _SHA256.fullmatch(sha256):
        raise CampaignError("The file's hash is invalid: write the 64 hex digits of its SHA-256.")


def _check_media(media: Media) -> None:
    check_sha256(media.sha256)
    text_checks.check_caption(media.caption)
    if media.caption and media.kind not in CAPTIONED:
        raise CampaignError(
            "Telegram does not allow a caption with {kind}: delete it, or put the text in a block of its own.",
            kind=media.kind,
        )
    if media.above and media.kind not in COVERABLE:
        raise CampaignError("Telegram does not allow a caption above {kind}: delete that.", kind=media.kind)
    _check_spoiler(media)


def _check_spoiler(media: Media | Item) -> None:
    if media.spoiler and media.kind not in COVERABLE:
        raise CampaignError("Telegram does not allow a spoiler over {kind}: delete that.", kind=media.kind)


def _check_album(album: Album) -> None:
    if not MIN_ITEMS <= len(album.items) <= MAX_ITEMS:
        raise CampaignError(
            "The album has {count} files: put {least} to {most} in it.",
            count=len(album.items),
            least=MIN_ITEMS,
            most=MAX_ITEMS,
        )
    for number, item in enumerate(album.items, 1):
        with within(Phrase("file {number} of the album", number=number)):
            check_sha256(item.sha256)
            text_checks.check_caption(item.caption)
            _check_spoiler(item)
    _check_mixture({item.kind for item in album.items})
    if album.above and not COVERABLE.issuperset(item.kind for item in album.items):
        raise CampaignError("Only an album of photos and videos can have its captions above: delete that.")


def _check_mixture(kinds: set[str]) -> None:
    for loner in ("audio", "document"):
        if loner in kinds and len(kinds) > 1:
            raise CampaignError("An album mixes only photos and videos: put each {kind} elsewhere.", kind=loner)


def _check_poll(poll: Poll) -> None:
    text_checks.check_words(poll.question, Phrase("question"), MAX_QUESTION)
    _check_options(poll.options)
    if poll.explanation:
        _check_explanation(poll)
    if poll.correct is not None and not 0 <= poll.correct < len(poll.options):
        raise CampaignError(
            "There is no option {number} to mark as correct: name one of {count}.",
            number=poll.correct + 1,
            count=len(poll.options),
        )
    if poll.correct is not None and poll.multiple:
        raise CampaignError("A quiz has one right answer: delete multiple, or correct.")


def _check_options(options: tuple[str, ...]) -> None:
    if not MIN_OPTIONS <= len(options) <= MAX_OPTIONS:
        raise CampaignError(
            "The poll has {count} options: write {least} to {most}.",
            count=len(options),
            least=MIN_OPTIONS,
            most=MAX_OPTIONS,
        )
    for number, option in enumerate(options, 1):
        text_checks.check_words(option, Phrase("option {number}", number=number), MAX_OPTION)
        if templates.places(option):
            raise CampaignError("Option {number} has a variable: write the same text for everybody.", number=number)
        if option in options[: number - 1]:
            raise CampaignError("Option {number} is there twice: delete one.", number=number)


def _check_explanation(poll: Poll) -> None:
    if poll.correct is None:
        raise CampaignError("Only a quiz has an explanation: name the correct option, or delete it.")
    text_checks.check_words(poll.explanation, Phrase("explanation"), MAX_EXPLANATION)
    if len(poll.explanation.split("\n")) > _MAX_EXPLANATION_LINES:
        raise CampaignError("The explanation has too many lines: leave at most {most}.", most=_MAX_EXPLANATION_LINES)


def _check_after(rule: After, contents: Sequence[Content]) -> None:
    match rule:
        case Keep() | Delete():
            pass
        case Unbutton():
            if not any(map(buttons, contents)):
                raise CampaignError("There are no buttons to remove: delete the rule, or add a button.")
        case Replace(text=text):
            for content in contents:
                _check_replacement(text, content)
        case _:
            assert_never(rule)


def _check_replacement(text: str, content: Content) -> None:
    text_checks.check_text(text, _REPLACEMENT)
    match content:
        case Text():
            return
        case Album(items=items) if not any(item.caption for item in items[1:]):
            pass
        case Album():
            raise CampaignError("Only the first file's caption of an album is replaced: write one there alone.")
        case Media(kind=sort) if sort in CAPTIONED:
            pass
        case _:
            raise CampaignError("There is no text to replace in {kind}: write delete or unbutton.", kind=kind(content))
    text_checks.check_caption(text, _REPLACEMENT)
