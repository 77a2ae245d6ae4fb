"""Every sentence of the code stands in every other language, and nothing else does."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.texts import CATALOGUES, Say

BOT = Path(__file__).parents[2] / "bot"
KEYWORDS = {"say": None, "label": None, "count": (1, 2)}


def spoken() -> set[str]:
    found = extract_from_dir(BOT, [("**.py", "python")], keywords=KEYWORDS)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.stem)
def test_a_catalogue_says_all_that_the_code_says_and_no_more(path: Path) -> None:
    with path.open("rb") as file:
        catalogue = read_po(file)
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue if message.id}
    assert known == spoken()
    assert not [message.id for message in catalogue if message.id and not (message.string and all(message.string))]
    assert not [message.id for message in catalogue if message.fuzzy]


def test_sentences_are_escaped_and_labels_are_not() -> None:
    assert Say("en")("⚠ {kind}: {detail}", kind="a", detail="<b>&") == "⚠ a: &lt;b&gt;&amp;"
    assert Say("en").label("⚠ {kind}: {detail}", kind="a", detail="<b>&") == "⚠ a: <b>&"


@pytest.mark.parametrize(("language", "one", "many"), [("en", "1 bot", "2 bots"), ("pt", "1 bot", "2 bots")])
def test_numbers_have_their_form(language: str, one: str, many: str) -> None:
    say = Say("pt" if language == "pt" else "en")
    assert say.count("{number} bot", "{number} bots", 1) == one
    assert say.count("{number} bot", "{number} bots", 2) == many
