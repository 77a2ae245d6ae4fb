"""Every sentence that people read is in every catalogue, and nothing else is."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from bot.framework.i18n import Translator
from engine.core.errors import BotError, CampaignError, MediaError, NotFoundError, Phrase

ROOT = Path(__file__).parents[3]
PACKAGES = ("bot", "engine")
CATALOGUES = [path for package in PACKAGES for path in sorted((ROOT / package / "locales").rglob("*.po"))]
REFUSALS = {kind.__name__ for kind in (BotError, CampaignError, MediaError, NotFoundError, Phrase)}
SENTENCES = {"say", "label", "count"}


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def ids(found: Catalog) -> set[str]:
    return {singular(message.id) for message in found if message.id}


def singular(source: str | tuple[str, ...] | list[str]) -> str:
    return source if isinstance(source, str) else source[0]


@pytest.fixture(params=CATALOGUES, ids=lambda path: f"{path.stem}-{path.parts[-3]}")
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_a_catalogue_holds_what_the_code_says_and_no_more(path: Path, tmp_path: Path) -> None:
    template = tmp_path / "template.pot"
    options = ["--mapping-file", str(ROOT / "pyproject.toml"), "--output-file", str(template)]
    command = ["pybabel", "--quiet", "extract", *options, str(ROOT / path.stem)]
    CommandLineInterface().run(command)  # type: ignore[no-untyped-call]  # babel gives it no types
    assert ids(catalogue(path)) == ids(catalogue(template)), "run ./dev texts, then translate what is new"


def test_a_catalogue_is_complete(path: Path) -> None:
    messages = [message for message in catalogue(path) if message.id]
    assert [message.id for message in messages if not (message.string and all(message.string))] == []
    assert [message.id for message in messages if message.fuzzy] == []


def test_a_translation_names_only_values_that_the_code_gives(path: Path) -> None:
    given = {template: values for file in (ROOT / path.stem).rglob("*.py") for template, values in calls(file)}
    single = [(message.id, str(message.string)) for message in catalogue(path) if isinstance(message.id, str)]
    wrong = [source for source, text in single if source and not fields(text) <= given.get(source, set())]
    assert wrong == []


def calls(path: Path) -> Iterator[tuple[str, set[str]]]:
    """The sentences in a file, with the names of the values that they are given."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            text, name = node.args[0].value, node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            if isinstance(text, str) and name in SENTENCES | REFUSALS:
                yield text, {value.arg for value in node.keywords if value.arg}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_refusal_is_a_template() -> None:
    """The parts of a sentence that change are values, or it could not be translated."""
    found = [node for package in PACKAGES for path in (ROOT / package).rglob("*.py") for node in refusals(path)]
    assert [ast.unparse(node) for node in found if not is_template(node.args[0])] == []
    assert len(found) > 100


def refusals(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
            yield node


def is_template(argument: ast.expr) -> bool:
    """A name is a phrase that is written elsewhere."""
    return isinstance(argument, ast.Name) or (isinstance(argument, ast.Constant) and isinstance(argument.value, str))


def test_sentences_are_escaped_and_labels_are_not() -> None:
    assert Translator("en")("⚠ {kind}: {detail}", kind="a", detail="<b>&") == "⚠ a: &lt;b&gt;&amp;"
    assert Translator("en").label("⚠ {kind}: {detail}", kind="a", detail="<b>&") == "⚠ a: <b>&"


@pytest.mark.parametrize(("language", "one", "many"), [("en", "1 bot", "2 bots"), ("pt", "1 bot", "2 bots")])
def test_numbers_choose_their_form(language: str, one: str, many: str) -> None:
    say = Translator("pt" if language == "pt" else "en")
    assert say.count("{number} bot", "{number} bots", 1) == one
    assert say.count("{number} bot", "{number} bots", 2) == many


def test_portuguese_counts_none_as_people_do() -> None:
    one, many = "⏳ {number} person waiting", "⏳ {number} people waiting"
    assert Translator("pt").count(one, many, 0) == "⏳ 0 pessoas na fila"
