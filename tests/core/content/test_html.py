"""The HTML that Telegram takes, and the sentence for what it does not take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.content import html
from engine.core.errors import CampaignError


@pytest.mark.parametrize(
    "text",
    [
        "Olá!",
        "<b>bold</b> <strong>s</strong> <i>i</i> <em>e</em> <u>u</u> <ins>n</ins>",
        "<s>s</s> <strike>k</strike> <del>d</del>",
        "<b>nested <i>and <u>deep</u></i></b>",
        '<a href="https://example.com/?a=1&amp;b=2">link</a>',
        "<a href='https://example.com/>'>link</a>",
        "<a href=example.com>link</a>",
        '<span class="tg-spoiler">x</span><tg-spoiler>y</tg-spoiler>',
        '<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>',
        '<tg-time unix="1700000000">then</tg-time>',
        '<pre><code class="language-python">x = 1</code></pre>',
        "<blockquote expandable>long</blockquote>",
        "<B>case</b>",
        "<b >space</b >",
        "<b>short end</>",
        "a &lt; b &amp;&amp; c &gt; d &quot; &#33; &#x1F600; & plain &unknown;",
        "a > b",
        "line\n\tand tab\r\n",
        "",
        "<b>x</b>" * 100,
        "<a>telegram.org</a>",
        "<a>https://<b>x</b>.y</a>",
        '<a href="tg://user?id=5">Ana</a> <a href="tg:resolve?domain=x">x</a>',
        '<a href="https://x.y/?a=1&amp;gt=5&quot;">x</a>',
        "<a href='https://x.y/?q=\"'>x</a>",
        "<b x=\"1\"y='2' z=3 w= v>x</b>",
        '<tg-emoji emoji-id="9223372036854775807">👍</tg-emoji>',
        '<tg-time unix="2147483647" format="wDT">then</tg-time><tg-time unix="1", format="r">x</tg-time>',
        "<blockquote>a<blockquote>b</blockquote></blockquote><code><b>x</b></code>",
        "&#0; &#1114111; &lt &#65",
    ],
)
def test_content_that_telegram_accepts_passes(text: str) -> None:
    html.check(text, "text")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x" * 40_000, "The text takes 40000 bytes with its tags: shorten it to 32768."),
        ("<b>x</b>" * 101, "The text has 101 tags: leave at most 100."),
        ("<h1>x</h1>", "line 1, column 1 of the text <h1> is not a tag of Telegram: use one of a, b"),
        ("ok\nthen <br/>", "line 2, column 6 of the text <br/> is not a tag"),
        ("1 < 2 > 1", "line 1, column 3 of the text <> is not a tag"),
        ("1 < 2", "column 3 of the text a tag is not closed: end it with >, or write &lt;"),
        ("<b", "a tag is not closed"),
        ("<b>x</b", "a tag is not closed"),
        ("<b>x</b y>", "a tag is not closed"),
        ('<a href="x>y</a>', "a tag is not closed"),
        ("<b>x", "column 1 of the text <b> is never closed: add </b>"),
        ("<b>x<i>y</b></i>", "column 9 of the text </b> comes too early: write </i> first"),
        ("x</b>", "</b> closes nothing: delete it"),
        ("<a>x</a>", '<a> lacks its href: write <a href="https://…">'),
        ('<a href="">x</a>', "lacks its href"),
        ("<span>x</span>", "lacks its class"),
        ('<span class="red">x</span>', "lacks its class"),
        ('<tg-emoji emoji-id="like">x</tg-emoji>', "lacks its emoji-id"),
        ("<tg-time>x</tg-time>", "lacks its unix"),
        ("<b =1>x</b>", "<b> has an attribute that cannot be read: put it in quotes"),
        ("<a href=https://example.com>x</a>", "attribute that cannot be read: put it in quotes"),
        ("a\x00b", "column 2 of the text there is a character that cannot be sent: delete it"),
        ("a\ud800b", "a character that cannot be sent"),
        ("&#55356;&#57225;", "column 1 of the text &#55356; is half of a character: write the character itself."),
        ("a\n&#xD800;", "line 2, column 1 of the text &#xD800; is half of a character"),
        ("<b />x</b>", "column 4 of the text <b> has a / outside quotes: delete it."),
        ('<a href="https://x.y" />x</a>', "column 23 of the text <a> has a / outside quotes"),
        ("<b x/y>x</b>", "column 5 of the text <b> has a / outside quotes"),
        ("<b/>x</b>", "<b/> is not a tag of Telegram"),
        ('<b "x">x</b>', "<b> has an attribute that cannot be read"),
        ("<b x'y'>x</b>", "<b> has an attribute that cannot be read"),
        ("<stri\u212ae>x</stri\u212ae>", "is not a tag of Telegram"),  # a sign that only looks like a k
        ("</ b>", "a tag is not closed"),
        ('<a HREF="https://x.y">x</a>', '<a> lacks its href: write <a href="https://…">'),
        ('<span CLASS="tg-spoiler">x</span>', "<span> lacks its class"),
        ('<a href="comprar">x</a>', '<a> leads nowhere: write <a href="https://…">.'),
        ('<a href="javascript:alert(1)">x</a>', "<a> leads nowhere"),
        ('<a href="https://localhost/">x</a>', "<a> leads nowhere"),
        ('<a href=" https://x.y">x</a>', "<a> leads nowhere"),
        ('<a href="https://x.y/?a=1&gt=5">x</a>', "column 26 of the text &gt is read as >: write &amp; for the &."),
        ('<a href="https://x.y/?a&#38b">x</a>', "&#38 is read as &"),
        *(
            (f'<tg-emoji emoji-id="{identifier}">👍</tg-emoji>', "<tg-emoji> lacks its emoji-id")
            for identifier in ("0", "9223372036854775808", "007", "+5", "5 ", "٣")
        ),
        *(
            (f'<tg-time unix="{unix}">x</tg-time>', "<tg-time> lacks its unix")
            for unix in ("0", "2147483648", "-1", "1e9", "")
        ),
        *(
            (f'<tg-time unix="1700000000" format="{form}">x</tg-time>', "<tg-time> has a format that Telegram does not")
            for form in ("q", "rt", "t ", "H:i")
        ),
        (
            "a&nbsp;b",
            "column 2 of the text &nbsp; is unknown to Telegram, and people would read it as it stands: write &#160;.",
        ),
        ("it&apos;s", "&apos; is unknown to Telegram, and people would read it as it stands: write '."),
    ],
)
def test_refusals_name_the_place_and_the_mend(text: str, what: str) -> None:
    with pytest.raises(CampaignError) as refusal:
        html.check(text, "text")
    assert what in str(refusal.value)


@given(st.text(alphabet="<>/ab=\"' \n&;x"))
def test_any_text_is_taken_or_refused_by_us(text: str) -> None:
    try:
        html.check(text, "text")
    except CampaignError:
        return
    assert text.count("<") <= text.count(">")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<b>bold</b> and <a href='https://example.com/>'>link</a>", "bold and link"),
        ("a &lt; b &amp;&amp; c &gt; d &quot; &#33; &#x1F600; & &unknown;", 'a < b && c > d " ! 😀 & &unknown;'),
        ("&l<b>t</b>; &am<i></i>p;", "&lt; &amp;"),
        ("&#x110000;&#xffff;&#0;&lt", "&#x110000;\uffff&#0;<"),
    ],
)
def test_only_the_visible_text_remains(text: str, plain: str) -> None:
    assert html.plain(text) == plain


def test_refusals_inside_a_tag_name_the_place() -> None:
    text = 'x <b>x</b>\n<a href="x">x</a>'
    html.check_outside(text, "text", [0, 5, 10], "a star", text)
    with pytest.raises(CampaignError, match="In line 2, column 10 of the caption a star is inside a tag: write it"):
        html.check_outside(text, "caption", [text.index('x"')], "a star", text)


@pytest.mark.parametrize("part", ["<", "<a ", '<a "', "<a x='", "<a b=c "])
def test_a_hostile_text_is_judged_without_delay(part: str) -> None:
    with pytest.raises(CampaignError):
        html.check(part * (html.MAX_SOURCE_BYTES // len(part)), "text")
