"""Telegram's MarkdownV2: a marked text becomes a plain text with spans, or the server's own error.

Marks nest, and the one opened last closes first. Every other reserved character must be escaped. Offsets in errors are
in UTF-8 bytes, offsets of spans in UTF-16 units.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from bench.sandbox.formatting.links import checked_link, emoji_id, mentioned_user, own_parameters, time_format
from bench.sandbox.formatting.spans import Formatted, MarkupError, Span, utf16_length
from bench.sandbox.formatting.stored_form import stored_form

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!\n")
_IN_CODE = frozenset("`")
_LAST_ESCAPED = "~"
_QUOTE = "blockquote"
_EXPANDABLE = "expandable_blockquote"
# Of two marks that begin alike the longer comes first.
_BEGINS = {
    "```": "pre",
    "__": "underline",
    "||": "spoiler",
    "![": "custom_emoji",
    "_": "italic",
    "*": "bold",
    "~": "strikethrough",
    "[": "text_link",
    "`": "code",
}
_ENDS = {kind: mark for mark, kind in _BEGINS.items()} | {"text_link": "]", "custom_emoji": "]"}
_SPOKEN = {
    "pre": "Pre",
    "underline": "Underline",
    "spoiler": "Spoiler",
    "custom_emoji": "CustomEmoji",
    "italic": "Italic",
    "bold": "Bold",
    "strikethrough": "Strikethrough",
    "text_link": "TextUrl",
    "code": "Code",
    _QUOTE: "BlockQuote",
}
_LANGUAGE = re.compile(r"([^\s`]+)(?=\s)")
_LINE_BREAK = re.compile(r"\r\n|\n\r|\n|\r")
_UNIX = re.compile(r"[1-9][0-9]{0,9}")
_LAST_UNIX = 2**31 - 1


@dataclass(slots=True)
class _Open:
    """A mark that waits for its end; `at` is its position in the source."""

    kind: str
    at: int
    offset: int
    text_length: int
    argument: str = ""

    @property
    def spoken(self) -> str:
        return "PreCode" if self.kind == "pre" and self.argument else _SPOKEN[self.kind]


@lru_cache(maxsize=1024)
def parse_markdown(source: str) -> Formatted:
    """Read MarkdownV2; cached because a campaign sends the same text to thousands."""
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._text = ""
        self._offset = 0
        self._open: list[_Open] = []
        self._spans: list[Span] = []
        self._quoting = False
        # The line is still empty, so that a > may begin a quotation.
        self._fresh = True

    def read(self) -> Formatted:
        while self._at < len(self._source):
            self._read_next()
        if self._quoting:
            self._end_quotation("")
        if self._open:
            raise self._unclosed(self._open[-1])
        return stored_form(self._text, self._spans)

    def _read_next(self) -> None:
        letter = self._source[self._at]
        following = self._source[self._at + 1 : self._at + 2]
        if self._is_escape():
            self._put(following, 2)
        elif letter not in self._reserved():
            self._put(letter, 1)
        elif letter == "\n":
            self._end_line(following)
        elif self._is_closing():
            self._close(self._open.pop())
        else:
            self._begin(letter)

    def _reserved(self) -> frozenset[str]:
        return _IN_CODE if self._open and self._open[-1].kind in {"code", "pre"} else _RESERVED

    def _put(self, letter: str, read: int) -> None:
        self._text += letter
        self._offset += utf16_length(letter)
        self._at += read
        if letter != "\r":
            self._fresh = letter == "\n"

    def _starts_with(self, mark: str) -> bool:
        return self._source.startswith(mark, self._at)

    def _bytes(self, at: int) -> int:
        return len(self._source[:at].encode())

    def _unclosed(self, opened: _Open) -> MarkupError:
        return MarkupError(f"Can't find end of {opened.spoken} entity at byte offset {self._bytes(opened.at)}")

    # Marks

    def _is_closing(self) -> bool:
        if not self._open or self._open[-1].kind == _QUOTE:
            return False
        kind = self._open[-1].kind
        return self._starts_with(_ENDS[kind]) and not (kind == "italic" and self._starts_with("__"))

    def _begin(self, letter: str) -> None:
        mark = next((one for one in _BEGINS if self._starts_with(one)), None)
        if mark is not None:
            opened = self._opened(_BEGINS[mark])
            self._at += len(mark)
            if mark == "```":
                opened.argument = self._read_language()
        elif letter == ">" and self._fresh:
            self._begin_quotation()
        else:
            raise MarkupError(f"Character '{letter}' is reserved and must be escaped with the preceding '\\'")

    def _opened(self, kind: str) -> _Open:
        opened = _Open(kind, self._at, self._offset, len(self._text))
        self._open.append(opened)
        return opened

    def _read_language(self) -> str:
        """Read the language of a block of code, and skip the line break before the code."""
        language = _LANGUAGE.match(self._source, self._at)
        self._at = language.end() if language else self._at
        line_break = _LINE_BREAK.match(self._source, self._at)
        self._at = line_break.end() if line_break else self._at
        return language[1] if language else ""

    def _close(self, opened: _Open) -> None:
        self._at += len(_ENDS[opened.kind])
        match opened.kind:
            case "text_link":
                url = self._read_url()
                self._add_link(opened, self._text[opened.text_length :] if url is None else url)
            case "custom_emoji":
                self._add_own(opened)
            case kind:
                self._add(kind, opened, opened.argument)

    def _add(self, kind: str, opened: _Open, argument: str = "", date: int = 0) -> None:
        self._spans.append(Span(kind, opened.offset, self._offset - opened.offset, argument, date))

    # Links

    def _read_url(self) -> str | None:
        """Read the address behind a link's text, if there is one."""
        if not self._starts_with("("):
            return None
        self._at += 1
        begin, url = self._at, ""
        while not self._starts_with(")"):
            if self._at >= len(self._source):
                raise MarkupError(f"Can't find end of a URL at byte offset {self._bytes(begin)}")
            self._at += self._is_escape()
            url += self._source[self._at]
            self._at += 1
        self._at += 1
        return url

    def _is_escape(self) -> bool:
        following = self._source[self._at + 1 : self._at + 2]
        return self._starts_with("\\") and bool(following) and "\0" < following <= _LAST_ESCAPED

    def _add_link(self, opened: _Open, url: str) -> None:
        user_id = mentioned_user(url)
        if user_id is not None:
            self._add("text_mention", opened, str(user_id))
        elif link := checked_link(url):
            self._add("text_link", opened, link)

    def _add_own(self, opened: _Open) -> None:
        """Add a link with an exclamation mark: a custom emoji or a time."""
        url = self._read_url()
        if url is None:
            raise MarkupError("The entity must contain a tg://emoji or tg://time URL")
        emoji = (own_parameters(url.lower(), "emoji") or {}).get("id", "")
        time = own_parameters(url, "time") or {}
        unix, shown = time.get("unix", ""), time_format(time.get("format", ""))
        if emoji_id(emoji):
            self._add("custom_emoji", opened, emoji)
        elif _UNIX.fullmatch(unix) and int(unix) <= _LAST_UNIX and shown is not None:
            self._add("date_time", opened, shown, int(unix))
        else:
            raise MarkupError("Invalid tg://emoji or tg://time URL specified")

    # Quotations

    def _begin_quotation(self) -> None:
        """Begin a quotation, or continue it in its next line."""
        if not self._quoting:
            self._opened(_QUOTE)
            self._quoting = True
        self._at += 1

    def _end_line(self, following: str) -> None:
        if self._quoting and following != ">":
            self._end_quotation("\n")
        else:
            self._put("\n", 1)

    def _end_quotation(self, line_break: str) -> None:
        """End a quotation with its last line; a spoiler mark at its very end makes it expandable."""
        kind, opened = _QUOTE, self._open.pop()
        if opened.kind == "spoiler" and opened.offset == self._offset and self._open:
            kind, opened = _EXPANDABLE, self._open.pop()
        if opened.kind != _QUOTE:
            raise self._unclosed(opened)
        if line_break:
            self._put(line_break, 1)
        self._quoting = False
        self._add(kind, opened)
