"""Telegram's HTML: a text with tags becomes a plain text with spans, or the server's own error.

The rules and the wording follow the server: offsets in errors are in UTF-8 bytes, offsets of spans in UTF-16 units,
and unknown entities stay as they are.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from bench.sandbox.formatting.links import checked_link, emoji_id, mentioned_user, time_format
from bench.sandbox.formatting.spans import Formatted, MarkupError, Span, utf16_length
from bench.sandbox.formatting.stored_form import stored_form

_END = "\0"
_SPACES = frozenset(" \t\r\n\v\0")
_MARK = re.compile("[<&]")
_CHARACTER = re.compile(r"&(?:#x(?P<hex>[0-9a-fA-F]*)|#(?P<decimal>[0-9]*)|(?P<name>[a-zA-Z]*));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_LAST_CODE = 0x10FFFF
_LONGEST_NUMBER = 10

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
}
_TAGS = frozenset(_KINDS) | {"a", "code", "pre", "blockquote", "tg-emoji", "tg-time"}


@dataclass(slots=True)
class _Open:
    """A start tag that waits for its end."""

    tag: str
    argument: str
    date: int
    offset: int
    text_length: int


@lru_cache(maxsize=1024)
def parse_html(source: str) -> Formatted:
    """Read HTML; cached because a campaign sends the same text to thousands."""
    if _END in source:
        raise MarkupError("Text must not contain null bytes")
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source + _END
        self._at = 0
        self._offset = 0
        self._text = ""
        self._open: list[_Open] = []
        self._spans: list[Span] = []

    def read(self) -> Formatted:
        for mark in iter(self._next_mark, None):
            if mark == "&":
                self._read_character()
            elif self._source[self._at + 1] == "/":
                self._read_end_tag()
            else:
                self._read_start_tag()
        if self._open:
            raise MarkupError(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        if any("\ud800" <= letter <= "\udfff" for letter in self._text):
            raise MarkupError(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units",
            )
        return stored_form(self._text, self._spans)

    def _next_mark(self) -> str | None:
        match = _MARK.search(self._source, self._at)
        end = match.start() if match else len(self._source) - 1
        self._append(self._source[self._at : end])
        self._at = end
        return match[0] if match else None

    def _append(self, text: str) -> None:
        self._text += text
        self._offset += utf16_length(text)

    def _read_character(self) -> None:
        found = _character_at(self._source, self._at)
        letter, self._at = found or ("&", self._at + 1)
        self._append(letter)

    def _complain(self, what: str, begin: int) -> MarkupError:
        return MarkupError(f"{what} at byte offset {len(self._source[:begin].encode())}")

    def _skip(self, stop: str) -> str:
        """Move on to a space or one of `stop`, and return what was passed."""
        begin = self._at
        while self._source[self._at] not in _SPACES and self._source[self._at] not in stop:
            self._at += 1
        return self._source[begin : self._at]

    def _skip_spaces(self) -> None:
        while self._source[self._at] in _SPACES and not self._ended():
            self._at += 1

    def _ended(self) -> bool:
        return self._at >= len(self._source) - 1

    def _read_start_tag(self) -> None:
        begin = self._at
        self._at += 1
        tag = _lower(self._skip(">"))
        if self._ended():
            raise self._complain("Unclosed start tag", begin)
        if tag not in _TAGS:
            raise self._complain(f'Unsupported start tag "{tag}"', begin)
        argument, date = self._read_attributes(tag, begin)
        self._at += 1
        if tag == "span" and argument != "spoiler":
            raise self._complain('Tag "span" must have class "tg-spoiler"', begin)
        self._open.append(_Open(tag, argument, date, self._offset, len(self._text)))

    def _read_attributes(self, tag: str, begin: int) -> tuple[str, int]:
        argument, date = "", 0
        while self._source[self._at] != ">":
            self._skip_spaces()
            if self._source[self._at] == ">":
                break
            name, value = self._read_attribute(tag, begin)
            if (tag, name) == ("tg-time", "unix"):
                date = _leading_number(value)
            else:
                argument = _argument(tag, name, value, argument)
        return argument, date

    def _read_attribute(self, tag: str, begin: int) -> tuple[str, str]:
        name = self._skip("=>/\"'")
        if not name:
            raise self._complain(f'Empty attribute name in the tag "{tag}"', begin)
        self._skip_spaces()
        if self._source[self._at] == "=":
            self._at += 1
            self._skip_spaces()
            if self._ended():
                raise self._complain(f'Unclosed start tag "{tag}"', begin)
            value = self._read_value()
            if self._ended():
                raise self._complain("Unclosed start tag", begin)
            return name, value
        if self._ended():
            raise self._complain(f'Unclosed start tag "{tag}"', begin)
        return name, ""

    def _read_value(self) -> str:
        quote = self._source[self._at]
        return self._read_quoted(quote) if quote in "'\"" else self._read_token()

    def _read_token(self) -> str:
        begin = self._at
        while self._source[self._at].isascii() and (self._source[self._at].isalnum() or self._source[self._at] in ".-"):
            self._at += 1
        if self._source[self._at] not in _SPACES and self._source[self._at] != ">":
            raise self._complain("Unexpected end of name token", begin)
        return _lower(self._source[begin : self._at])

    def _read_quoted(self, quote: str) -> str:
        begin = self._at + 1
        end = self._source.find(quote, begin)
        self._at = len(self._source) - 1 if end < 0 else end + 1
        return _resolved(self._source[begin : end if end >= 0 else self._at])

    def _read_end_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise self._complain("Unexpected end tag", begin)
        self._at += 2
        found = _lower(self._skip(">"))
        self._skip_spaces()
        if self._source[self._at] != ">":
            raise self._complain("Unclosed end tag", begin)
        self._at += 1
        opened = self._open[-1]
        if found and found != opened.tag:
            complaint = f"Unmatched end tag at byte offset {len(self._source[:begin].encode())}"
            raise MarkupError(f'{complaint}, expected "</{opened.tag}>", found "</{found}>"')
        if self._offset > opened.offset:
            self._close(opened)
        self._open.pop()

    def _close(self, opened: _Open) -> None:
        span = Span("", opened.offset, self._offset - opened.offset, opened.argument, opened.date)
        match opened.tag:
            case "a":
                self._add_link(span, opened.argument or self._text[opened.text_length :])
            case "pre" | "code":
                self._add_code(opened.tag, span)
            case "blockquote":
                kind = "expandable_blockquote" if opened.argument else "blockquote"
                self._spans.append(replace(span, kind=kind, argument=""))
            case "tg-emoji":
                self._add_emoji(span)
            case "tg-time":
                self._add_time(span)
            case tag:
                self._spans.append(replace(span, kind=_KINDS[tag], argument=""))

    def _add_link(self, span: Span, url: str) -> None:
        user_id = mentioned_user(url)
        if user_id is not None:
            self._spans.append(replace(span, kind="text_mention", argument=str(user_id)))
        elif link := checked_link(url):
            self._spans.append(replace(span, kind="text_link", argument=link))

    def _add_code(self, tag: str, span: Span) -> None:
        """Merge a `code` with a language that fills a `pre` exactly into one block, no matter which closes last."""
        last = self._spans[-1] if self._spans else None
        other = "code" if tag == "pre" else "pre"
        fills = last is not None and (last.kind, last.offset, last.length) == (
            other,
            span.offset,
            span.length,
        )
        language = (last.argument if last and tag == "pre" else span.argument) if fills else ""
        if language:
            self._spans[-1] = replace(span, kind="pre", argument=language)
        else:
            self._spans.append(replace(span, kind=tag, argument=span.argument if tag == "code" else ""))

    def _add_emoji(self, span: Span) -> None:
        if emoji_id(span.argument) is None:
            raise MarkupError("Invalid custom emoji identifier specified")
        self._spans.append(replace(span, kind="custom_emoji"))

    def _add_time(self, span: Span) -> None:
        shown = time_format(span.argument)
        if shown is None:
            raise MarkupError("Invalid date format used")
        if span.date > 0:
            self._spans.append(replace(span, kind="date_time", argument=shown))


def _lower(text: str) -> str:
    """Lower the case of ASCII letters only, as the server does."""
    return text.encode().lower().decode()


def _leading_number(value: str) -> int:
    match = re.match(r"-?[0-9]+", value)
    return int(match[0]) if match else 0


def _argument(tag: str, name: str, value: str, before: str) -> str:
    match tag, name:
        case ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "format"):
            return value
        case ("code", "class") if value.startswith("language-"):
            return value.removeprefix("language-")
        case ("span", "class") if value.startswith("tg-"):
            return value.removeprefix("tg-")
        case ("blockquote", "expandable"):
            return "1"
    return before


def _character_at(source: str, at: int) -> tuple[str, int] | None:
    """Read a reference such as &lt; or &#65;: return its character and where the text goes on."""
    match = _CHARACTER.match(source, at)
    if match is None:
        return None
    if match["name"] is not None:
        letter = _NAMED.get(match["name"])
        return (letter, match.end()) if letter else None
    code = int(match["hex"] or "0", 16) if match["hex"] is not None else int(match["decimal"] or "0")
    too_long = len(match[0].removesuffix(";")) >= _LONGEST_NUMBER
    return None if code == 0 or code >= _LAST_CODE or too_long else (chr(code), match.end())


def _resolved(value: str) -> str:
    """Replace the references in the value of an attribute."""
    return _CHARACTER.sub(lambda match: (_character_at(value, match.start()) or (match[0],))[0], value)
