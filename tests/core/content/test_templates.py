# ruff: noqa: E501 - a table is read one case a line
"""Templates: what each person reads, and the sentence for what cannot be filled in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.content import html as markup
from engine.core.content import templates
from engine.core.content.templates import Person
from engine.core.errors import CampaignError

ANA = Person("Ana", "ana_m")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Oi!", "Oi!"),
        ("Oi, {first_name|amigo}!", "Oi, Ana!"),
        ("{username|amigo} {first_name|amigo}", "ana_m Ana"),
        ("Fale com {bot}", "Fale com @shop_bot"),
        ("{ first_name | amigo }", "Ana"),
        ("{{first_name|amigo}}", "{first_name|amigo}"),
        ("{{{first_name|amigo}}}", "{Ana}"),
        ('{{"a": {{}}}}', '{"a": {}}'),
        ("<b>{first_name|amigo}</b>", "<b>Ana</b>"),
    ],
)
def test_a_person_reads_their_own_text(template: str, text: str) -> None:
    templates.check(template, "text")
    assert templates.render(template, ANA, "shop_bot") == text
    assert templates.render_words(template, ANA, "shop_bot") == text


@pytest.mark.parametrize("name", [None, "", "  ", "\u200b\u202e", "\u3164", "\ufe0f"])
def test_a_missing_or_blank_value_gives_way_to_the_fallback(name: str | None) -> None:
    assert templates.render("{first_name|amigo}", Person(name), "b") == "amigo"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "@spam",
            "me@example",
            "https://x",
            "t.me/x",
            "buy.now",
            "BUY.COM",
            "T.me/x",
            "T.Me/x",
            "💩x.la",
            "#free",
            "/start",
            "Ana /buy",
        ),
        *("$TON", "+55 11 91234-5678", "4111111111111111", "www.\u200bspam.com", "spam\u200d.\u200ccom", "http://x"),
        *("a.co:80", "(x.io)", "Ana ana@x.com.br", "1.2.3.4", "дом.рф", "x.xn--p1ai", "#promo1", "Ana #1a"),
    ],
)
def test_a_value_that_would_become_a_link_gives_way_too(name: str) -> None:
    assert templates.render("{first_name|amigo}", Person(name), "b") == "amigo"
    assert templates.render("{username|amigo}", Person(None, name), "b") == "amigo"


@pytest.mark.parametrize(
    "name",
    [
        *("Ana.", "Dr. Ana", "AC/DC", "50$", "R2-D2", "No 1 @", "user12345678", "Ana: 5", "C#"),
        *("J.R. Silva", "J.R.", "J.R.R. Tolkien", "Dr.João", "Dr.Ana", "Sra.Rio", "prof.carlos", "M.C.Hammer", "S.A."),
        *(
            "Ana #1",
            "#1",
            "C#maj",
            "São João 25.12",
            "25.12.2026",
            "v1.2.3.4.5",
            "999.9",
            "Ana...Maria",
            "A$AP",
            "Ke$ha",
            "M@ria",
        ),
        *("علی\u200cرضا", "👨\u200d👩\u200d👧", "1.000", "5.a", "O.o"),
    ],
)
def test_a_value_that_only_looks_odd_is_used(name: str) -> None:
    assert templates.render("{first_name|amigo}", Person(name), "b") == name


def test_a_value_is_cleaned_cut_and_escaped() -> None:
    name = "<b>\u202e&\n" + "x" * 100
    text = "<b>& " + "x" * 59
    assert templates.render_words("{first_name|amigo}", Person(name), "b") == text
    assert templates.render("{first_name|amigo}", Person(name), "b") == "&lt;b&gt;&amp; " + "x" * 59


@pytest.mark.parametrize(("length", "more"), [(64, 1), (65, 0), (1_000_000, 0)])
def test_no_more_is_remembered_of_names_than_telegram_allows(length: int, more: int) -> None:
    templates._cleaned_before.cache_clear()
    for _ in range(2):
        assert templates.render("{first_name|x}", Person("n" * length), "b") == "n" * 64
    assert templates._cleaned_before.cache_info().currsize == more


def test_a_value_is_cut_between_the_signs_that_belong_together() -> None:
    family = "👨\u200d👩\u200d👧"
    assert templates.render_words("{first_name|amigo}", Person("x" * 61 + family), "b") == "x" * 61 + "👨\u200d👩"
    assert templates.render_words("{first_name|amigo}", Person("x" * 62 + family), "b") == "x" * 62 + "👨"


def test_a_fallback_is_plain_words() -> None:
    assert templates.render("{first_name|<b>Tom & Jerry}", Person(), "b") == "&lt;b&gt;Tom &amp; Jerry"


@pytest.mark.parametrize(
    ("html", "template"),
    [
        ("Oi {first_name|Sr. &amp; Sra.} &amp; co", "Oi {first_name|Sr. & Sra.} &amp; co"),
        ("Oi {first_name|<b>friend</b>}", "Oi {first_name|friend}"),
        ("<b>Oi {first_name|friend}</b>", "<b>Oi {first_name|friend}</b>"),
        ("<b>Oi {first_name|fri</b>end}", "<b>Oi {first_name|friend}</b>"),
        ("Oi {first_name|fri<b>end}!</b>", "Oi {first_name|friend}<b>!</b>"),
        ("<b>{first_name|a</b><i>b} c</i>", "<b>{first_name|ab}</b><i> c</i>"),
        ("{<i>first_<u>name</u></i>|<s>&lt;3</s>}", "{first_name|<3}"),
        ('{username|<a href="https://x/?a=1&b">x</a>}', "{username|x}"),
        ("{first_name|&amp;amp;}", "{first_name|&amp;}"),
        ("{{<b>x</b>}} { <b>", "{{<b>x</b>}} { <b>"),
    ],
)
def test_html_becomes_a_template_with_plain_fallbacks(html: str, template: str) -> None:
    assert templates.from_html(html) == template


def test_a_template_is_shown_as_it_was_written() -> None:
    template = "<b>Oi</b> {first_name|<3 & more} &amp; {{x}}"
    assert templates.to_html(template) == "<b>Oi</b> {first_name|&lt;3 &amp; more} &amp; {{x}}"
    assert templates.plain(template) == "Oi {first_name|<3 & more} & {{x}}"


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{first_name}", "In line 1, column 1 of the text {first_name} has no fallback for people without one: write {first_name|friend}."),
        ("a\n b {username|}", "In line 2, column 4 of the text {username} has no fallback"),
        ("{username| \u200b}", "has no fallback"),
        ("{first_nam|x}", "{first_nam} is not a variable: did you mean {first_name|friend}? Otherwise write {{ and }}"),
        ("{colour|x}", "{colour} is not a variable: use one of {first_name|friend}, {username|friend}, {bot}, or"),
        ("{}", "{} is not a variable"),
        ("{|x}", "{} is not a variable"),
        ("{bot|x}", "{bot} has a fallback, but is never empty: write {bot}."),
        ("{bot|}", "{bot} has a fallback"),
        ("{first_name|" + "x" * 65 + "}", "the fallback has 65 characters: shorten it to 64"),
        ("Oi {first_name|x", "column 4 of the text a brace is not closed: end the variable with } in the same line, or"),
        ("{first_name|a\nb}", "column 1 of the text a brace is not closed"),
        ("{first_name|a{b}", "column 1 of the text a brace is not closed"),
        ("{first_name|a|b}", None),
        ("x}", "column 2 of the text a brace closes nothing: write }} for a plain }."),
        ("{first_name|x}}", "column 15 of the text a brace closes nothing"),
        ("{" + "x" * 5000 + "}", "xxx} is not a variable"),
    ],
)  # fmt: skip
def test_bad_variables_are_named_with_place_and_mend(template: str, sentence: str | None) -> None:
    if sentence is None:
        templates.check(template, "text")
        return
    with pytest.raises(CampaignError) as refusal:
        templates.check(template, "text")
    assert sentence in str(refusal.value)
    assert len(str(refusal.value)) < 300


literals = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}<&"), max_size=20)
variables = st.sampled_from(["{first_name|amigo}", "{username|<você>}", "{bot}", "{{", "}}"])
good = st.lists(literals | variables, max_size=8).map("".join)
people = st.builds(
    Person, st.none() | st.text(max_size=200) | st.text("&<>👍", max_size=70), st.none() | st.text(max_size=64)
)


@given(good, people)
def test_no_person_makes_a_text_longer_than_its_longest_or_breaks_its_html(template: str, person: Person) -> None:
    templates.check(template, "text")
    html = templates.render(template, person, "b" * 32)
    markup.check(html, "text")
    assert len(markup.plain(html)) <= len(templates.longest(template))
    assert len(html.encode()) <= len(templates.heaviest(template).encode())
    assert len(templates.render_words(template, person, "b" * 32)) <= len(templates.longest(template))


@given(
    st.sampled_from(["&", "&#", "&#x", "&l", "&lt", "&#5", "&am", "AT&T"]),
    st.text("gt;amp#x5&<👍", min_size=1, max_size=9),
)
def test_no_name_completes_what_stands_open_before_it(open_reference: str, name: str) -> None:
    html = templates.render(open_reference + "{first_name|friend}", Person(name), "b")
    markup.check(html, "text")
    said = templates.render_words("{first_name|friend}", Person(name), "b")
    assert markup.plain(html) == markup.plain(open_reference) + said


@given(good)
def test_a_shown_template_reads_back_the_same(template: str) -> None:
    assert templates.from_html(templates.to_html(template)) == template


@given(st.text("{}|fb ot\nx"))
def test_any_template_is_taken_or_refused_by_us(template: str) -> None:
    try:
        templates.check(template, "text")
    except CampaignError:
        return
    assert isinstance(templates.render(template, Person(), "b"), str)


@pytest.mark.parametrize("sign", ["&", "<", "👍"])
def test_the_heaviest_text_counts_what_a_name_takes_when_escaped(sign: str) -> None:
    html = templates.render("{first_name|x}", Person(sign * 64), "b")
    assert 64 < len(html.encode()) <= len(templates.heaviest("{first_name|x}")) == 320


def test_crossing_out_keeps_all_places() -> None:
    template = "{{a}} <i>{first_name|<b>}</i>\n{bot}!"
    assert templates.blanked(template) == "{{a}} <i>" + "x" * 16 + "</i>\nxxxxx!"
    assert templates.places(template) == [9, 30]
