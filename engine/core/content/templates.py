"""A text that speaks to each person: `Oi, {first_name|amigo}! Fale com {bot}.`

A variable has a name and a fallback. The fallback is used when the value is missing, blank, or would become a link:
people choose their own names, and no bot should carry their advertising. `{bot}` is the bot's own @name, never empty,
and takes no fallback. `{{` and `}}` are plain braces. What people say about themselves is cleaned in one place,
`_said`.

A fallback is plain text, even in an HTML text. Telegram's own apps give everything as HTML: `from_html` makes a
template of it, and `to_html` is the way back.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from html import escape
from typing import Final, NamedTuple

from engine.core.content import automatic_links, invisible
from engine.core.content import html as markup
from engine.core.errors import CampaignError, Phrase

MAX_VALUE: Final = 64
MAX_USERNAME: Final = 32
_REMEMBERED: Final = 4_096
"""Cleaned names that are kept: many people share one, and a message repeats it."""
_BOT: Final = "bot"
_NAMES: Final = ("first_name", "username", _BOT)
_PLAIN: Final = {"{{": "{", "}}": "}"}
_STRAY: Final = {
    "{": (
        Phrase("a brace is not closed"),
        Phrase("end the variable with }} in the same line, or write {{{{ for a plain {{"),
    ),
    "}": (Phrase("a brace closes nothing"), Phrase("write }}}} for a plain }}")),
}
_TOKEN: Final = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}|\n]*)(?P<fallback>\|[^{}\n]*)?\}|[{}]")
_OPEN_REFERENCE: Final = re.compile(r"&#?[A-Za-z0-9]*\Z")
_IN_A_REFERENCE: Final = re.compile("[A-Za-z0-9#;]")
_LONGEST_REFERENCE: Final = 10


class Person(NamedTuple):
    """The person a message is for, as Telegram describes them: `username` without its @, `language` as a code."""

    first_name: str | None = None
    username: str | None = None
    language: str | None = None


def check(template: str, noun: str) -> None:
    """Refuse a variable that cannot be filled in, and a brace that belongs to no variable."""
    for token in _TOKEN.finditer(template):
        if token[0] not in _PLAIN:
            _check_token(template, token, noun)


def render(template: str, person: Person, bot: str) -> str:
    """Fill in an HTML text. `bot` is the bot's username."""
    return _filled(template, lambda token: _apart(token, escape(_value(token, person, bot), quote=False)))


def render_words(template: str, person: Person, bot: str) -> str:
    """Fill in a plain text, such as a button's label."""
    return _filled(template, lambda token: _value(token, person, bot))


def from_html(text: str) -> str:
    """Make a template of HTML that Telegram has accepted: formatting inside a variable is dropped.

    Formatting that the variable shares with the text around it stays on that text.
    """
    return _changed(text, lambda variable: markup.plain(variable) + markup.unpaired(variable))


def to_html(template: str) -> str:
    """The template as HTML that shows it as its admin wrote it, variables included."""
    return _changed(template, lambda variable: escape(variable, quote=False))


def plain(template: str) -> str:
    """The template without its formatting."""
    return markup.plain(to_html(template))


def longest(template: str, letter: str = "x") -> str:
    """The longest text that the template can become, as HTML and as plain words alike; names are made of `letter`."""
    return _filled(template, lambda token: letter * _most(token))


def heaviest(template: str) -> str:
    """The text with the most bytes that it can take, as HTML."""
    return _filled(template, lambda token: "&amp;" * _most(token))


def places(template: str) -> list[int]:
    """Where the variables are."""
    return [token.start() for token in _TOKEN.finditer(template) if token["name"]]


def blanked(template: str) -> str:
    """The text with its variables, and what is inside them, blanked out: everything else keeps its position."""
    return _changed(template, lambda variable: "x" * len(variable))


def _changed(template: str, change: Callable[[str], str]) -> str:
    """The text with each variable rewritten."""
    return _TOKEN.sub(lambda token: change(token[0]) if token["name"] else token[0], template)


def _filled(template: str, value: Callable[[re.Match[str]], str]) -> str:
    """Everything but variables stays as it is written."""

    def filled(token: re.Match[str]) -> str:
        return _PLAIN.get(token[0]) or (value(token) if token["name"] and _name(token) in _NAMES else token[0])

    return _TOKEN.sub(filled, template)


def _apart(token: re.Match[str], value: str) -> str:
    """The value, which must not complete a character reference that stands open before it: `&{first_name|you}`."""
    before = token.string[max(token.start() - _LONGEST_REFERENCE, 0) : token.start()]
    is_completing = _OPEN_REFERENCE.search(before) and _IN_A_REFERENCE.match(value)
    return f"&#{ord(value[0])};{value[1:]}" if is_completing else value


def _value(token: re.Match[str], person: Person, bot: str) -> str:
    name = _name(token)
    if name == _BOT:
        return f"@{bot}"
    return _said(person.username if name == "username" else person.first_name) or _fallback(token["fallback"])


def _said(value: str | None) -> str:
    """What people say about themselves, made fit to repeat: visible, on one line, short, no link; otherwise nothing."""
    if not value:
        return ""
    return _cleaned_before(value) if len(value) <= MAX_VALUE else _cleaned(value)


def _cleaned(value: str) -> str:
    said = invisible.stripped(invisible.stripped(value)[:MAX_VALUE])
    return "" if invisible.is_blank(said) or automatic_links.has_link(said) else said


_cleaned_before: Final = lru_cache(_REMEMBERED)(_cleaned)


def _most(token: re.Match[str]) -> int:
    return len("@") + MAX_USERNAME if _name(token) == _BOT else MAX_VALUE


def _name(token: re.Match[str]) -> str:
    return token["name"].strip()


def _fallback(given: str | None) -> str:
    return (given or "").removeprefix("|").strip()


def _check_token(template: str, token: re.Match[str], noun: str) -> None:
    fault = _STRAY.get(token[0]) or _fault(_name(token), token["fallback"])
    if fault:
        raise CampaignError.at(template, token.start(), noun, *fault)


def _fault(name: str, given: str | None) -> tuple[Phrase, Phrase] | None:
    """What is wrong with a variable, and the mend."""
    if name not in _NAMES:
        return Phrase("{{{name}}} is not a variable", name=name[:MAX_VALUE]), _nearest(name)
    if name == _BOT:
        needless = Phrase("{{bot}} has a fallback, but is never empty"), Phrase("write {{bot}}")
        return needless if given else None
    fallback = _fallback(given)
    if invisible.is_blank(fallback):
        lacking = Phrase("{{{name}}} has no fallback for people without one", name=name)
        return lacking, Phrase("write {example}", example=_example(name))
    if len(fallback) > MAX_VALUE:
        long = Phrase("the fallback has {length} characters", length=len(fallback))
        return long, Phrase("shorten it to {most}", most=MAX_VALUE)
    return None


def _nearest(name: str) -> Phrase:
    near = get_close_matches(name[:MAX_VALUE], _NAMES, n=1)
    if near:
        return Phrase("did you mean {one}? Otherwise write {{{{ and }}}} for plain braces", one=_example(near[0]))
    every = ", ".join(map(_example, _NAMES))
    return Phrase("use one of {every}, or write {{{{ and }}}} for plain braces", every=every)


def _example(name: str) -> Phrase:
    return Phrase("{{bot}}") if name == _BOT else Phrase("{{{name}|friend}}", name=name)
