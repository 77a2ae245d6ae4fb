"""The documents keep up with the code: every term is defined once, and every file and folder that they name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TERMS = {
    *("bot", "manager", "chat", "touch", "timer", "version", "episode", "campaign", "step", "block"),
    *("campaign version", "claim", "delivery", "pass", "outcome", "reason", "shard", "lane", "feed", "watermark"),
    *("mark", "opaque", "urgent", "generation", "run", "hold", "floor", "lease", "anchor", "due", "lateness"),
    *("threshold", "fence", "cursor", "replan", "shadow", "draining", "finishing"),
}
PLACE = re.compile(r"(?<![\w/.<-])(?:engine|bot|storage|lua|migrations|bench|tests|docs)/[\w./-]*")
FULL_OF_PLACES = {"README.md", "docs/architecture.md", "docs/glossary.md"}
"""A pattern that matches nothing in these would let every wrong path pass."""
LINK = re.compile(r"\]\((?![a-z]+://|#)([^)#]+)")

each_document = pytest.mark.parametrize(
    "document", ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
)


def _read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def test_every_term_is_defined_once_in_alphabetical_order() -> None:
    defined = re.findall(r"^\| \*\*(.+?)\*\* \|", _read("docs/glossary.md"), re.MULTILINE)
    assert set(defined) >= TERMS
    assert defined == sorted(set(defined))


def test_every_term_names_where_it_lives() -> None:
    rows = re.findall(r"^\| \*\*.*$", _read("docs/glossary.md"), re.MULTILINE)
    assert [row for row in rows if not re.search(r"\| `[\w/]+\.(py|lua)` \|$", row)] == []


@each_document
def test_every_named_place_exists(document: str) -> None:
    named = {found.rstrip(".") for found in PLACE.findall(_read(document))}
    assert named or document not in FULL_OF_PLACES
    assert sorted(place for place in named if not (ROOT / place).exists()) == []


@each_document
def test_every_link_leads_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    assert [link for link in LINK.findall(_read(document)) if not (folder / link).exists()] == []
