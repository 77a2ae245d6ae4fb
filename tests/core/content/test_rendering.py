"""What one person gets of a content."""

import pytest
from hypothesis import given

from engine.core.content import checks, html, text_checks
from engine.core.content.model import (
    Album,
    Content,
    CopyButton,
    Item,
    Media,
    Poll,
    StartButton,
    StopButton,
    Text,
    UrlButton,
    buttons,
)
from engine.core.content.rendering import render
from engine.core.content.templates import Person
from tests.core.content.contents import contents

ANA = Person("<Ana>")
SHA = "0f" * 32


def link(row: int, column: int, button: UrlButton) -> str:
    return f"https://go/{row}/{column}/{button.text}"


def of(content: Content) -> Content:
    return render(content, ANA, "shop_bot", link)


@pytest.mark.parametrize(
    ("content", "rendered"),
    [
        (Text("Oi, <b>{first_name|x}</b> {{}}", "off"), Text("Oi, <b>&lt;Ana&gt;</b> {}", "off")),
        (
            Media("photo", SHA, "{bot}", above=True, spoiler=True),
            Media("photo", SHA, "@shop_bot", above=True, spoiler=True),
        ),
        (
            Album((Item("photo", SHA, "{first_name|x}", spoiler=True), Item("video", SHA)), above=True),
            Album((Item("photo", SHA, "&lt;Ana&gt;", spoiler=True), Item("video", SHA)), above=True),
        ),
        (
            Poll("{first_name|x}?", ("{{a}}", "b"), anonymous=False, correct=0, explanation="{bot}"),
            Poll("<Ana>?", ("{a}", "b"), anonymous=False, correct=0, explanation="@shop_bot"),
        ),
    ],
)
def test_a_person_gets_their_own_words(content: Content, rendered: Content) -> None:
    assert of(content) == rendered


def test_every_button_gets_its_label_and_a_tracked_one_its_address() -> None:
    rows = (
        (UrlButton("{first_name|x}", "https://a.b/", style="danger"), UrlButton("x", "https://a.b/", tracked=False)),
        (StartButton("{bot}", "p"), CopyButton("{{", "{first_name|x}"), StopButton("x"), UrlButton("x", "tg://a")),
        (UrlButton("x", "https://a.b/"),),
    )
    assert of(Text("x", buttons=rows)) == Text(
        "x",
        buttons=(
            (
                UrlButton("<Ana>", "https://go/0/0/{first_name|x}", style="danger"),
                UrlButton("x", "https://a.b/", tracked=False),
            ),
            (
                StartButton("@shop_bot", "p"),
                CopyButton("{", "<Ana>"),
                StopButton("x"),
                UrlButton("x", "tg://a"),
            ),
            (UrlButton("x", "https://go/2/0/x"),),
        ),
    )


@given(contents)
def test_checked_content_is_always_rendered(content: Content) -> None:
    checks.check(content)
    rendered = render(content, Person("}{<b>&" * 20, "{first_name}"), "b" * 32, lambda *_: "https://go.example/")
    assert type(rendered) is type(content)
    if isinstance(rendered, Text):
        html.check(rendered.text, "text")
        assert 1 <= len(html.plain(rendered.text)) <= text_checks.MAX_TEXT
    assert all(1 <= len(button.text) <= text_checks.MAX_LABEL for row in buttons(rendered) for button in row)
