# ruff: noqa: E501 - a table is read one case a line
"""A message's text and formatting become HTML that means the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.content import html
from engine.core.content.html_writing import Formatting, write


@pytest.mark.parametrize(
    ("text", "formatting", "written"),
    [
        ("a < b & c", [], "a &lt; b &amp; c"),
        ("👍 ok", [Formatting(3, 2, "bold")], "👍 <b>ok</b>"),
        ("ab", [Formatting(0, 2, "hashtag")], "ab"),
        ("x", [Formatting(0, 1, "pre", 'py"x')], '<pre><code class="language-py&quot;x">x</code></pre>'),
        ("x", [Formatting(0, 1, "pre")], "<pre>x</pre>"),
        ("x", [Formatting(0, 1, "code")], "<code>x</code>"),
        ("x", [Formatting(0, 1, "text_link", "https://x.y/?a=1&gt=5")], '<a href="https://x.y/?a=1&amp;gt=5">x</a>'),
        ("x", [Formatting(0, 1, "text_link", "https://x.y/?q=\"'<>")], '<a href="https://x.y/?q=&quot;&#x27;&lt;&gt;">x</a>'),
        ("x", [Formatting(0, 1, "custom_emoji", "5")], '<tg-emoji emoji-id="5">x</tg-emoji>'),
        ("x", [Formatting(0, 1, "date_time", "5", "wD")], '<tg-time unix="5" format="wD">x</tg-time>'),
        ("x", [Formatting(0, 1, "expandable_blockquote")], "<blockquote expandable>x</blockquote>"),
        ("abc", [Formatting(1, 1, "italic"), Formatting(0, 3, "bold")], "<b>a<i>b</i>c</b>"),
        ("abc", [Formatting(0, 2, "bold"), Formatting(1, 2, "italic")], "<b>a<i>b</i></b><i>c</i>"),
        ("abc", [Formatting(1, 9, "bold"), Formatting(3, 1, "bold"), Formatting(-1, 2, "bold"), Formatting(0, 0, "bold")], "a<b>bc</b>"),
    ],
)  # fmt: skip
def test_formatting_becomes_tags(text: str, formatting: list[Formatting], written: str) -> None:
    assert write(text, formatting) == written


_kinds = st.sampled_from(
    [
        *((kind, "") for kind in ("bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre")),
        *((kind, "") for kind in ("blockquote", "expandable_blockquote", "hashtag", "url")),
        ("pre", "c++ \"'&lt<>/"),
        ("text_link", "https://x.y/?a=1&gt=5&quot;\"'<&nbsp;"),
        ("text_link", "tg://user?id=5"),
        ("custom_emoji", "5368324170671202286"),
        ("date_time", "1700000000"),
    ]
)
_formatting = st.lists(
    st.builds(lambda kind, at, length: Formatting(at, length, *kind), _kinds, st.integers(0, 9), st.integers(1, 9)),
    max_size=6,
)


@given(
    st.text(
        st.sampled_from("<>&;\"'a ltgamp#1x") | st.characters(exclude_categories=["Cs", "Cc"], max_codepoint=0xFFFF)
    ),
    _formatting,
)
def test_what_is_written_passes_and_reads_the_same(text: str, formatting: list[Formatting]) -> None:
    written = write(text, formatting)
    html.check(written, "text")
    assert html.plain(written) == text
