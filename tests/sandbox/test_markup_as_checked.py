"""The sandbox reads every text that the engine's checks let through, and shows the same: they were written apart."""

import sys
from html import escape
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from bench.sandbox.formatting.cleaning import shows_nothing
from bench.sandbox.formatting.html import parse_html
from bench.sandbox.formatting.spans import MarkupError
from bench.sandbox.formatting.stored_form import plain
from engine.core.content import html, invisible, tags
from engine.core.errors import CampaignError

_VALUES: Final = (
    *("https://x.y/", "x.y", "tg://user?id=1", "tg://resolve?domain=x", "comprar", "javascript:x", "https://localhost"),
    *("tg-spoiler", "5368324170671202286", "0", "9223372036854775808", "1700000000", "r", "q", "language-py", "", "<>"),
    *("https://x.y/?a=1&gt=5", "https://x.y/?a=1&amp;b=&quot;", "&#xD83C;", "a b", "https://é.y:80/", "http://[::1]/"),
)
_NAMES: Final = ("href", "HREF", "class", "emoji-id", "unix", "format", "expandable", "x", "=", "/", "x/y", '"', "'")
_ENTITIES: Final = (
    *("&lt;", "&gt", "&amp;", "&quot", "&nbsp;", "&apos;", "&LT;", "&unknown;", "&ltx", "&", "&#;", "&#x;", "&#0;"),
    *("&#65;", "&#65", "&#x1F600;", "&#X41;", "&#xD83C;", "&#55356;", "&#1114111;", "&#1114110;", "&#00000065;"),
    *("&#0000065;", "&#xfffffffff;", "&#99999999999999999999;", "&copy", "&copy;", "&#x200b;"),
)
_ODD: Final = "<>/=\"'&;#! \n\t\r-.x👍ç\u200d\ud83c\x00\xa0\u212a"

_spaces = st.sampled_from(["", " ", "  ", "\n"])
_attributes = st.builds(
    "{} {}{}{}{}".format,
    _spaces,
    st.sampled_from(_NAMES),
    _spaces,
    st.sampled_from(["=", "", " = "]),
    st.sampled_from(_VALUES).flatmap(lambda value: st.sampled_from([f'"{value}"', f"'{value}'", value])),
)
_starts = st.builds(
    "<{}{}{}>".format,
    st.sampled_from([*tags.TAGS, "B", "h1", "br/", ""]),
    st.lists(_attributes, max_size=2).map("".join),
    st.sampled_from(["", " ", "/", " /"]),
)
_ends = st.builds("</{}{}>".format, st.sampled_from([*tags.TAGS, "", "B"]), _spaces)
_texts = st.text(st.sampled_from(_ODD) | st.characters(), max_size=6)
_pieces = st.one_of(_starts, _ends, _texts, st.sampled_from(_ENTITIES))
_good_starts: Final = {
    "a": ('<a href="https://x.y/?a=&quot;&amp;lt">', "<a href=x.y  >", "<a href='tg://user?id=1' x>"),
    "span": ('<span class="tg-spoiler">',),
    "tg-emoji": ('<tg-emoji emoji-id="5368324170671202286">',),
    "tg-time": ('<tg-time unix="1700000000" format="wDT">', "<tg-time unix=1700000000>"),
    "blockquote": ("<blockquote>", "<blockquote expandable>"),
    "code": ("<code>", '<code class="language-py">'),
}


def _paired(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A tag that is closed, around what stands inside."""

    def pair(tag: str) -> st.SearchStrategy[str]:
        starts = st.sampled_from(_good_starts.get(tag, (f"<{tag}>", f"<{tag.upper()} \n>")))
        return st.builds("{}{}{}".format, starts, inner, st.sampled_from([f"</{tag}>", "</>", f"</{tag} >"]))

    return st.lists(st.sampled_from(tags.TAGS).flatmap(pair) | inner, max_size=4).map("".join)


_whole = st.recursive(_texts | st.sampled_from(_ENTITIES), _paired, max_leaves=12)


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    """A good text with one place changed."""
    text = draw(_whole)
    at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 3))
    return text[:at] + draw(_pieces) + text[at + length :]


_any_text = st.one_of(_whole, _mutated(), st.lists(_pieces, max_size=8).map("".join))


_STRICTER: Final = (
    *("leads nowhere", "lacks its", "that Telegram does not know", "unknown to Telegram", "is read as"),
    *("cannot be sent", "tags: leave at most"),
)
"""Where the engine refuses on purpose what would arrive without what its author meant."""


@given(_any_text)
def test_what_the_sandbox_reads_is_refused_only_where_something_would_be_lost(text: str) -> None:
    try:
        parse_html(text)
    except (MarkupError, UnicodeEncodeError):
        return
    refusal = _refusal(text)
    assert not refusal or any(words in refusal for words in _STRICTER)


@given(_any_text)
def test_a_checked_text_is_read_the_same_by_the_sandbox(text: str) -> None:
    """What is kept of a text is the sandbox's own matter: it keeps the same of the text without its formatting."""
    if not _refusal(text):
        assert _shown(text) == _shown(escape(html.plain(text), quote=False))


def test_what_shows_nothing_in_the_sandbox_is_blank_to_the_engine() -> None:
    seen = [letter for letter in map(chr, range(sys.maxunicode + 1)) if not invisible.is_blank(letter)]
    assert [letter for letter in seen if shows_nothing(letter) or not plain(letter).text] == []


def _shown(text: str) -> str:
    try:
        return parse_html(text).text.strip(" \n")
    except MarkupError as error:
        return str(error)


def _refusal(text: str) -> str:
    try:
        html.check(text, "text")
    except CampaignError as error:
        return str(error)
    return ""
