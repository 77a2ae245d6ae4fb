"""Character references, as Telegram reads them."""

import html as browser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.content import references


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("&lt;&gt;&amp;&quot;", '<>&"'),
        ("&lt &gt&amp.&quot1", '< >&."1'),  # no semicolon is needed
        ("&ltx;&LT;&nbsp;&apos;&copy", "&ltx;&LT;&nbsp;&apos;&copy"),
        ("&#65;&#x41;&#x1f600;&#0000065;", "AA😀A"),
        ("&#65&#x41 &#128077", "AA 👍"),
        ("&#0;&#x0;&#;&#x;&#X41;&;&", "&#0;&#x0;&#;&#x;&#X41;&;&"),
        ("&#1114110;&#1114111;&#1114112;", "\U0010fffe&#1114111;&#1114112;"),
        ("&#00000065;&#99999999999;&#xfffffffff;", "&#00000065;&#99999999999;&#xfffffffff;"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_only_what_telegram_reads_is_replaced(text: str, read: str) -> None:
    assert references.resolved(text) == read


@pytest.mark.parametrize(
    ("text", "what", "mend"),
    [
        ("&nbsp;", "&nbsp; is unknown to Telegram", "write &#160;"),
        ("&apos;", "&apos; is unknown to Telegram", "write '"),
        ("&hellip;", "&hellip; is unknown to Telegram", "write …"),
        ("&LT;", "&LT; is unknown to Telegram", "write &lt;"),
        ("&zwj;", "&zwj; is unknown to Telegram", "write &#8205;"),
        ("&frac12;", "&frac12; is unknown to Telegram", "write ½"),
        ("&#X41;", "&#X41; is unknown to Telegram", "write A"),
        ("&#00000065;", "&#00000065; is unknown to Telegram", "write A"),
        ("&#xD800;", "&#xD800; is half of a character", "write the character itself"),
        ("&#57311", "&#57311 is half of a character", "write the character itself"),
        ("&#55356;&#57225;", "&#55356; is half of a character", "write the character itself"),
    ],
)
def test_what_would_be_misread_is_named_with_its_mend(text: str, what: str, mend: str) -> None:
    fault = next(references.misread(f"ok {text}"))
    assert (fault.at, fault.mend) == (len("ok "), mend)
    assert fault.what.startswith(what)


@pytest.mark.parametrize("text", ["&", "AT&T", "&unknown;", "&copy 2026", "&#0;", "&#1114112;", "&lt &gt;", "?a&b=1"])
def test_what_is_meant_as_it_stands_is_left_alone(text: str) -> None:
    assert not list(references.misread(text))


@given(st.text(st.sampled_from("&#xX;0123456789ABCDEFltgamquo") | st.characters(exclude_categories=["Cs"])))
def test_what_is_not_misread_is_read_as_a_browser_reads_it(text: str) -> None:
    if any(references.misread(text)) or any(references.cut_short(text)) or "&" in references.resolved(text):
        return
    assert references.resolved(text) == browser.unescape(text)
