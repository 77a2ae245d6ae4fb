"""What people read is translated where a catalogue knows it, and stays English elsewhere."""

from engine.runtime import translations

UNDO = "Undo"


def test_a_language_without_a_catalogue_stays_english() -> None:
    assert translations.load("en", "bot", "engine").gettext(UNDO) == UNDO


def test_a_sentence_of_any_of_the_packages_is_translated() -> None:
    assert translations.load("pt_BR", "bot", "engine").gettext(UNDO) == "Desfazer"
    assert translations.load("pt_BR", "bot").gettext(UNDO) == UNDO


def test_a_sentence_that_no_catalogue_knows_stays_english() -> None:
    assert translations.load("pt_BR", "bot", "engine").gettext("Nobody has written this.") == "Nobody has written this."


def test_a_number_chooses_its_form_through_the_packages() -> None:
    found = translations.load("pt_BR", "engine", "bot")
    assert found.ngettext("{number} block", "{number} blocks", 2) == "{number} blocos"
