"""The examples of docs/http-api.md, sent as they are written, get answers with the fields that stand below them."""

import re
import shlex
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from tests.receiver.http.desk import Desk

PAGE: Final = Path(__file__).resolve().parents[3] / "docs" / "http-api.md"


class Example(NamedTuple):
    words: list[str]
    answer: Any


def examples() -> list[Example]:
    """Each `curl` of the page, in order, with the line below it."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found = re.findall(r"^curl -sS (.*?[^\\])\n(\{[^\n]*\})$", "\n".join(blocks), re.MULTILINE | re.DOTALL)
    return [Example(shlex.split(words.replace("\\\n", "")), msgspec.json.decode(answer)) for words, answer in found]


def names(value: Any) -> Any:
    """The fields of an answer, and theirs."""
    return {name: names(inner) for name, inner in value.items()} if isinstance(value, dict) else None


async def test_the_examples_of_the_page_work(desk: Desk) -> None:
    known = {"$URL": str(desk.settings.public_url), "$BOT": str(desk.bot.id), "$KEY": desk.key}
    assert len(examples()) == PAGE.read_text(encoding="utf-8").count("curl -sS") > 3
    for words, answer in examples():
        address, *options = [re.sub(r"\$[A-Z]+", lambda name: known[name[0]], word) for word in words]
        given = dict(zip(options[::2], options[1::2], strict=True))
        header, _, value = given.pop("-H").partition(": ")
        body = given.pop("-d", None)
        assert not given
        method = "GET" if body is None else "POST"
        async with desk.session.request(method, address, headers={header: value}, data=body) as response:
            assert response.status == 200
            assert names(await response.json()) == names(answer)
