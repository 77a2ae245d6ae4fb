"""Every sentence of the code stands in every other language, and nothing else does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.framework.i18n import CATALOGUES, Say
from engine.core.errors import BotError, CampaignError, MediaError, NotFoundError, Phrase

ROOT = Path(__file__).parents[3]
BOT = ROOT / "bot"
KEYWORDS = {"say": None, "label": None, "count": (1, 2)}
REFUSALS = {kind.__name__ for kind in (BotError, CampaignError, MediaError, NotFoundError, Phrase)}
MET = (
    *(
        "bot/**/*.py",
        "engine/core/**/*.py",
        "engine/telegram/download.py",
        "engine/media/file_kinds.py",
        "engine/media/paths.py",
    ),
    *(
        "engine/administration/campaigns.py",
        "engine/administration/invitations.py",
        "engine/administration/lookup.py",
        "engine/administration/campaign_views.py",
    ),
    *("engine/administration/bots.py", "engine/cli/rehearse.py", "engine/administration/bot_tokens.py"),
)
"""Where what admins may meet in the manager is refused."""
ONLY_OF_THE_COMMAND_LINE = re.compile("--(paid|yes)")


def spoken() -> set[str]:
    found = extract_from_dir(BOT, [("**.py", "python")], keywords=KEYWORDS)
    said = {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}
    refused = {template for pattern in MET for path in ROOT.glob(pattern) for template in templates(path)}
    return said | {template for template in refused if not ONLY_OF_THE_COMMAND_LINE.search(template)}


def templates(path: Path) -> Iterator[str]:
    """What a file refuses, as written; a name stands for a phrase that is written elsewhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
            match node.args[0]:
                case ast.Constant(value=str(template)):
                    yield template
                case ast.Name():
                    pass
                case other:
                    pytest.fail(f"{path.name}: {ast.unparse(other)} is no template; what changes is a value")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.stem)
def test_a_catalogue_says_all_that_the_code_says_and_no_more(path: Path) -> None:
    with path.open("rb") as file:
        catalogue = read_po(file)
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue if message.id}
    assert known == spoken()
    assert not [message.id for message in catalogue if message.id and not (message.string and all(message.string))]
    assert not [message.id for message in catalogue if message.fuzzy]


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.stem)
def test_a_translation_names_only_values_that_are_there(path: Path) -> None:
    with path.open("rb") as file:
        catalogue = read_po(file)
    single = [(message.id, message.string) for message in catalogue if isinstance(message.id, str) and message.id]
    assert single
    assert [said for source, said in single if not fields(str(said)) <= fields(source)] == []


def test_every_refusal_of_the_engine_is_a_template() -> None:
    assert sum(len(list(templates(path))) for path in (ROOT / "engine").rglob("*.py")) > 100


def test_sentences_are_escaped_and_labels_are_not() -> None:
    assert Say("en")("⚠ {kind}: {detail}", kind="a", detail="<b>&") == "⚠ a: &lt;b&gt;&amp;"
    assert Say("en").label("⚠ {kind}: {detail}", kind="a", detail="<b>&") == "⚠ a: <b>&"


@pytest.mark.parametrize(("language", "one", "many"), [("en", "1 bot", "2 bots"), ("pt", "1 bot", "2 bots")])
def test_numbers_have_their_form(language: str, one: str, many: str) -> None:
    say = Say("pt" if language == "pt" else "en")
    assert say.count("{number} bot", "{number} bots", 1) == one
    assert say.count("{number} bot", "{number} bots", 2) == many
