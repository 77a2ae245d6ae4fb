"""Refusals are English sentences that remember what they were made of."""

import pytest

from engine.core.errors import BotError, CampaignError, MediaError, NotFoundError, Phrase, SpokenError, within

SPOKEN = (CampaignError, MediaError, NotFoundError, BotError)


@pytest.mark.parametrize("kind", SPOKEN)
def test_a_refusal_is_its_english_sentence_and_keeps_its_values(kind: type[SpokenError]) -> None:
    error = kind("The {noun} has {length} characters: shorten it to {most}.", noun=Phrase("text"), length=9, most=5)
    assert str(error) == "The text has 9 characters: shorten it to 5."
    assert error.phrase.template == "The {noun} has {length} characters: shorten it to {most}."
    assert error.phrase.values == {"noun": "text", "length": 9, "most": 5}


def test_peoples_own_words_are_never_formatted() -> None:
    written = "{noun} {0} {{ } <b>"
    inner = Phrase("{name} is empty", name=written)
    assert str(MediaError("{what}: choose another file.", what=inner)) == f"{written} is empty: choose another file."


def test_braces_of_a_template_are_doubled() -> None:
    assert Phrase("write }}}} for a plain }}") == "write }} for a plain }"


def test_a_phrase_stands_wherever_text_does() -> None:
    assert f"{Phrase('option {number}', number=2)} stands twice" == "option 2 stands twice"


def test_places_are_told_from_the_outside_in() -> None:
    with (
        pytest.raises(CampaignError, match=r"^language en: file 2 of the album: It is empty\.$") as refusal,
        within(Phrase("language {language}", language="en")),
        within(Phrase("file {number} of the album", number=2)),
    ):
        raise CampaignError("It is empty.")
    assert isinstance(refusal.value.phrase.values["error"], Phrase)


def test_a_position_is_told_by_line_and_column() -> None:
    error = CampaignError.at("Oi,\n{nome}", 4, Phrase("text"), Phrase("a brace closes nothing"), Phrase("delete it"))
    assert str(error) == "In line 2, column 1 of the text a brace closes nothing: delete it."
