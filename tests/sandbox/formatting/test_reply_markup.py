"""Keyboards: what the server accepts, and its refusals to the letter."""

from typing import Any

import msgspec
import pytest

from bench.sandbox.errors import ApiError
from bench.sandbox.formatting.reply_markup import edited_keyboard, first_callback, inline_keyboard


def inline(*rows: list[Any]) -> dict[str, Any]:
    return {"inline_keyboard": list(rows)}


def button(**action: Any) -> dict[str, Any]:
    return {"text": "a", **action}


@pytest.mark.parametrize(
    "markup",
    [
        None,
        "",
        {},
        inline(),
        inline([]),
        {"keyboard": [["plain", {"text": "contact", "request_contact": True}]], "resize_keyboard": True},
        {"remove_keyboard": True},
        {"force_reply": True, "input_field_placeholder": "write"},
    ],
)
def test_other_keyboards_are_accepted_and_not_kept(markup: Any) -> None:
    assert inline_keyboard(markup) is None


@pytest.mark.parametrize(
    "action",
    [
        {"callback_data": "é" * 32},
        {"url": "https://example.com/a?b=c"},
        {"url": "example.com"},
        {"url": "tg://user?id=5"},
        {"url": "tg://resolve?domain=a"},
        {"web_app": {"url": "https://example.com"}},
        {"login_url": {"url": "https://example.com"}},
        {"switch_inline_query": ""},
        {"switch_inline_query_current_chat": ""},
        {"switch_inline_query_chosen_chat": {"query": "a"}},
        {"copy_text": {"text": "x" * 256}},
        {"pay": True},
        {"callback_data": "", "url": "https://example.com"},
        {"disabled": {}},
    ],
)
def test_a_button_with_an_action_is_taken(action: dict[str, Any]) -> None:
    kept = inline_keyboard(inline([button(**action)], []))
    assert kept is not None
    assert msgspec.json.decode(kept) == inline([button(**action)])


@pytest.mark.parametrize(
    ("markup", "description"),
    [
        ("{", "can't parse reply keyboard markup JSON object"),
        ([], "object expected as reply markup"),
        ({"inline_keyboard": "x"}, 'field "inline_keyboard" must be of type Array'),
        (inline({}), 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'),  # type: ignore[arg-type]  # the mistake
        ({"keyboard": ["x"]}, 'field "keyboard" must be an Array of Arrays'),
        ({"keyboard": [[5]]}, "can't parse keyboard button: KeyboardButton must be a String or an Object"),
        ({"keyboard": [[{}]]}, "can't parse keyboard button: Can't find field \"text\""),
        ({"keyboard": [[""]]}, "keyboard button text must be non-empty"),
        (inline(["a"]), "can't parse inline keyboard button: InlineKeyboardButton must be an Object"),
        (inline([{"callback_data": "a"}]), "can't parse inline keyboard button: Can't find field \"text\""),
        (inline([{"text": "", "callback_data": "a"}]), "inline keyboard button text must be non-empty"),
        (
            inline([button()]),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            inline([button(callback_data="")]),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            inline([button(web_app="https://example.com")]),
            'can\'t parse inline keyboard button: Field "web_app" must be of type Object',
        ),
        (inline([button(callback_data="é" * 32 + "x")]), "BUTTON_DATA_INVALID"),
        (inline([button(url="nowhere")]), "BUTTON_URL_INVALID"),
        (inline([button(url="ftp://example.com")]), "BUTTON_URL_INVALID"),
        (inline([button(web_app={})]), "BUTTON_URL_INVALID"),
        (inline([button(copy_text={"text": ""})]), "BUTTON_COPY_TEXT_INVALID"),
        (inline([button(copy_text={"text": "x" * 257})]), "BUTTON_COPY_TEXT_INVALID"),
        (inline(*[[button(callback_data="a")]] * 101), "reply markup is too long"),
        (inline([button(callback_data="a") | {"text": "x" * 11_000}]), "reply markup is too long"),
    ],
)
def test_a_wrong_keyboard_is_refused_in_the_servers_words(markup: Any, description: str) -> None:
    with pytest.raises(ApiError) as refused:
        inline_keyboard(markup)
    assert refused.value.refusal == (400, f"Bad Request: {description}")


@pytest.mark.parametrize("markup", [{"keyboard": [["a"]]}, {"remove_keyboard": True}, {"force_reply": True}])
def test_an_edit_takes_inline_keyboards_only(markup: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="Bad Request: inline keyboard expected"):
        edited_keyboard(markup)


def test_the_first_button_that_can_be_tapped_is_found() -> None:
    markup = inline_keyboard(inline([button(url="https://example.com")], [button(callback_data="b")]))
    assert first_callback(markup) == "b"
    assert first_callback(None) is None
