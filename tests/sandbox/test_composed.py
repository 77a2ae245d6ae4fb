"""The sandbox accepts whatever passes our check of a campaign, for any person: the two were written separately."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.sandbox.formatting.html import parse_html
from bench.sandbox.formatting.reply_markup import inline_keyboard
from engine.core.bot_identity import Speaker
from engine.core.content import checks
from engine.core.content.model import Album, Content, Media, Text, UrlButton, buttons
from engine.core.content.rendering import render
from engine.core.content.templates import Person
from engine.telegram.keyboard import keyboard
from tests.core.content.contents import contents

SPEAKER = Speaker(1, "shop_bot", "1:x", paid_broadcast=False)
people = st.builds(Person, st.none() | st.text(max_size=70), st.none() | st.text(max_size=32))


def link(row: int, column: int, button: UrlButton) -> str:
    return f"https://go.example/r/{row}.{column}.{len(button.url)}"


def html(content: Content) -> list[str]:
    match content:
        case Text(text=text):
            return [text]
        case Media(caption=caption):
            return [caption]
        case Album(items=items):
            return [item.caption for item in items]
        case _:
            return []


@settings(deadline=None)
@given(contents, people)
def test_the_sandbox_takes_what_passes_our_check(content: Content, person: Person) -> None:
    checks.check(content)
    rendered = render(content, person, SPEAKER.username, link)
    parsed = [parse_html(text).text for text in html(rendered)]
    assert not isinstance(content, Text) or all(parsed)
    if markup := keyboard(buttons(rendered), SPEAKER):
        assert inline_keyboard(markup) is not None
