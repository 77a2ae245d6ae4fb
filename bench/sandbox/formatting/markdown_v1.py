"""Telegram's first Markdown, kept for older bots: five marks that do not nest, and no strictness.

Offsets in errors are in UTF-8 bytes, offsets of spans in UTF-16 units.
"""

import re
from functools import lru_cache

from bench.sandbox.formatting.links import checked_link, mentioned_user
from bench.sandbox.formatting.spans import Formatted, MarkupError, Span, utf16_length
from bench.sandbox.formatting.stored_form import stored_form

_NEXT = re.compile(r"\\(?P<escaped>[_*`\[])|(?P<mark>```|[_*`\[])")
_LANGUAGE = re.compile(r"([^\s`]+)(?=\s)")
_LINE_BREAK = re.compile(r"\r\n|\n\r|\n|\r")
_ENDS = {"_": "_", "*": "*", "`": "`", "```": "```", "[": "]"}
_KINDS = {"_": "italic", "*": "bold", "`": "code", "```": "pre"}


@lru_cache(maxsize=1024)
def parse_old_markdown(source: str) -> Formatted:
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._text = ""
        self._offset = 0
        self._spans: list[Span] = []

    def read(self) -> Formatted:
        while found := _NEXT.search(self._source, self._at):
            self._put(self._source[self._at : found.start()])
            self._at = found.end()
            if found["mark"]:
                self._read_marked(found["mark"], found.start())
            else:
                self._put(found["escaped"])
        self._put(self._source[self._at :])
        return stored_form(self._text, self._spans)

    def _put(self, text: str) -> None:
        self._text += text
        self._offset += utf16_length(text)

    def _read_marked(self, mark: str, begin: int) -> None:
        language = self._skip(_LANGUAGE) if mark == "```" else ""
        if mark == "```":
            self._skip(_LINE_BREAK)
        offset, end = self._offset, self._source.find(_ENDS[mark], self._at)
        if end < 0:
            where = len(self._source[:begin].encode())
            raise MarkupError(f"Can't find end of the entity starting at byte offset {where}")
        marked, self._at = self._source[self._at : end], end + len(_ENDS[mark])
        self._put(marked)
        if mark == "[":
            url = self._read_url()
            self._add_link(Span("text_link", offset, self._offset - offset), marked if url is None else url)
        else:
            self._spans.append(Span(_KINDS[mark], offset, self._offset - offset, language))

    def _skip(self, what: re.Pattern[str]) -> str:
        found = what.match(self._source, self._at)
        self._at = found.end() if found else self._at
        return found[0] if found else ""

    def _read_url(self) -> str | None:
        """Read the address behind a link's text; an unclosed one goes to the end of the text."""
        if not self._source.startswith("(", self._at):
            return None
        url, _, _ = self._source[self._at + 1 :].partition(")")
        self._at += len(url) + 2
        return url

    def _add_link(self, span: Span, url: str) -> None:
        user_id = mentioned_user(url)
        if user_id is not None:
            self._spans.append(Span("text_mention", span.offset, span.length, str(user_id)))
        elif link := checked_link(url):
            self._spans.append(Span("text_link", span.offset, span.length, link))
