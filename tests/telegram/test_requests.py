"""What is asked of the Bot API is what aiogram's models, which are written from its documentation, would ask."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from aiogram import methods
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from engine.core.bot_identity import Speaker
from engine.core.content.model import Asset, Content, Effects, MediaKind, TelegramFile, assets
from engine.media.uploads import Upload
from engine.telegram.methods import Files, method_of, replacement
from engine.telegram.session import Call
from tests.core.content.contents import contents

effects = st.builds(
    Effects, silent=st.booleans(), protect=st.booleans(), message_effect=st.none() | st.text("0123456789", min_size=1)
)
speakers = st.builds(Speaker, st.just(1), st.just("shop_bot"), st.just("1:x"), st.booleans())
kinds = st.sampled_from(get_args(MediaKind))


@st.composite
def found(draw: st.DrawFn, content: Content) -> Files:
    """Each file is to be uploaded, or known to Telegram as some kind."""
    files: dict[Asset, TelegramFile | Upload] = {}
    for asset in assets(content):
        known = draw(st.booleans())
        files[asset] = TelegramFile(draw(kinds), "id-1") if known else Upload(Path("a"), "a.bin", 1)
    return files


def asked(call: Call) -> dict[str, Any]:
    """The same request through aiogram, which refuses what is missing or of another type, and keeps what is unknown."""
    name = call.method[0].upper() + call.method[1:]
    model: BaseModel = getattr(methods, name).model_validate(dict(call.fields), strict=True)
    assert [one for one in nested(model) if one.model_extra] == []
    return model.model_dump(exclude_unset=True, exclude_none=True, warnings=False)


def nested(value: object) -> Iterator[BaseModel]:
    if isinstance(value, BaseModel):
        yield value
        value = list(value.__dict__.values())
    if isinstance(value, list):
        for one in value:
            yield from nested(one)


@given(st.data(), contents, effects, speakers)
def test_a_message_is_asked_for_as_aiogram_would(
    data: st.DataObject, content: Content, how: Effects, speaker: Speaker
) -> None:
    files = data.draw(found(content))
    call = method_of(speaker, 7, content, how, files)
    assert asked(call) == call.fields
    uploads = [file for asset in assets(content) if isinstance(file := files[asset], Upload)]
    assert list(call.files.values()) == uploads
    assert all(f"attach://{key}" in str(call.fields) for key in call.files)


@given(contents, st.text())
def test_an_edit_is_asked_for_as_aiogram_would(content: Content, text: str) -> None:
    call = replacement(7, 9, text, content)
    assert asked(call) == call.fields
