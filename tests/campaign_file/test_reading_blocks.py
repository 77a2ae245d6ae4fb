# ruff: noqa: E501 - a table is read one case a line
"""Reading a block: what it may contain, and how a wrong block is refused, with line and fix."""

from pathlib import Path

import pytest

from engine.campaign_file import load, read
from engine.core.campaign.snapshot import Block
from engine.core.content.model import (
    Album,
    Asset,
    Content,
    CopyButton,
    Delete,
    Effects,
    Item,
    Keep,
    Media,
    MediaKind,
    Poll,
    Replace,
    StartButton,
    StopButton,
    Text,
    Unbutton,
    UrlButton,
)
from engine.core.errors import CampaignError

MINUTE = 60_000
SHA = "0f" * 32


def asset_of(kind: MediaKind, path: str) -> str:
    return {"a.png": "a" * 64, "in/b.mp4": "b" * 64}.get(path, f"{len(kind):064x}")


def block(text: str) -> Block:
    """Read a block that is written on one line."""
    data = f"zone: UTC\nsteps:\n- schedule: now\n  blocks:\n  - {text}\n"
    return read(data.encode("utf-8", "surrogatepass"), "c.yaml", MINUTE, asset_of).steps[0].blocks[0]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("{text: x, preview: off}", Text("x", "off")),
        ("{text: x, preview: above}", Text("x", "above")),
        ("{photo: a.png, caption: x, above: yes, spoiler: true}", Media("photo", "a" * 64, "x", above=True, spoiler=True)),
        (f"{{voice: sha256:{SHA}}}", Media("voice", SHA)),
        ("{video: ./in/b.mp4}", Media("video", f"{5:064x}")),
        ("{album: [{photo: a.png}, {video: in/b.mp4, caption: x, spoiler: true}], above: true}", Album((Item("photo", "a" * 64), Item("video", "b" * 64, "x", spoiler=True)), above=True)),
        ("{poll: {question: Q, options: [yes, 2]}}", Poll("Q", ("yes", "2"))),
        ("{poll: {question: Q, options: [a, b], multiple: true, anonymous: false}, buttons: [[{text: x, stop: true}]]}", Poll("Q", ("a", "b"), multiple=True, anonymous=False, buttons=((StopButton("x"),),))),
        ("{poll: {question: Q, options: [a, b], correct: 2, explanation: E}}", Poll("Q", ("a", "b"), correct=1, explanation="E")),
        (
            "{text: x, buttons: [[{text: a, url: 'https://a.b'}, {text: b, start: p}], [{text: c, copy: 7, style: danger}, {text: d, url: 'tg://a', tracked: no}]]}",
            Text("x", buttons=((UrlButton("a", "https://a.b"), StartButton("b", "p")), (CopyButton("c", "7", "danger"), UrlButton("d", "tg://a", tracked=False)))),
        ),
    ],
)  # fmt: skip
def test_a_block_can_be_any_kind_of_message(text: str, content: Content) -> None:
    assert block(text) == Block("block-1", content)


def test_a_language_has_a_content_of_its_own() -> None:
    read = block("{text: Oi, languages: {en: Hi, pt-br: {photo: a.png, caption: Oi}, no: {text: Hei, preview: off}}}")
    assert read.languages == {
        "en": Text("Hi"),
        "pt-br": Media("photo", "a" * 64, "Oi"),
        "no": Text("Hei", "off"),
    }


@pytest.mark.parametrize(
    ("text", "effects"),
    [
        ("delete_after: 2h, silent: true, protect: yes, message_effect: 51", Effects(7_200_000, silent=True, protect=True, message_effect="51")),
        ("after: {returned: delete}", Effects(on_return=Delete())),
        ("after: {returned: keep, paid: {replace: '{bot}'}}", Effects(on_return=Keep(), on_payment=Replace("{bot}"))),
        ("buttons: [[{text: x, stop: true}]], after: {paid: unbutton}", Effects(on_payment=Unbutton())),
        ("after: {}", Effects()),
    ],
)  # fmt: skip
def test_a_block_has_effects(text: str, effects: Effects) -> None:
    assert block(f"{{text: x, {text}}}").effects == effects


ROW = "{text: x, buttons: [[%s]]}"
QUIZ = "{poll: {question: Q, options: [a, b], %s}}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        # what a block is
        ("{delay: 5s}", "steps[0].blocks[0]: a field is missing: add one of text, photo, video"),
        ("{text: x, photo: a.png}", "steps[0].blocks[0].photo: a block is one message: delete text or photo."),
        ("{photo: a.png, preview: off}", "blocks[0].preview: photo does not take the field preview: delete it."),
        ("{sticker: a.png, caption: x}", "blocks[0].caption: sticker does not take the field caption"),
        ("{voice: a.png, above: true}", "blocks[0].above: voice does not take the field above"),
        ("{text: x, spoiler: true}", "blocks[0].spoiler: text does not take the field spoiler"),
        ("{album: [{photo: a.png}, {photo: a.png}], buttons: []}", "album does not take the field buttons"),
        ("{text: x, preview: big}", "blocks[0].preview: write one of auto, off, small, large, above."),
        ("{photo: a.png, caption: <b>}", "blocks[0].caption: In line 1, column 1 of the caption <b> is never closed"),
        ("{text: '{name}'}", "blocks[0].text: In line 1, column 1 of the text {name} is not a variable"),
        ("{text: x, kind: text}", "the field 'kind' is not known"),
        # files
        *(
            (f"{{photo: {path}}}", "blocks[0].photo: A file is named by its path from the campaign's file: put it beside")
            for path in ("/etc/passwd", "../a.png", "in/../../a.png", r"C:\\a.png", "''", ".", '"a\\nb"', '"\\0"', "x" * 256)
        ),
        ("{photo: sha256:0F}", "blocks[0].photo: The file's hash is invalid"),
        ("{photo: [a.png]}", "blocks[0].photo: write a plain text here"),
        ("{album: a.png}", "blocks[0].album: write a list here"),
        ("{album: [{photo: a.png}]}", "line 5, steps[0].blocks[0]: The album has 1 files: put 2 to 10 in it."),
        ("{album: [a.png, b.png]}", "blocks[0].album[0]: write the fields photo, video, audio, document, caption"),
        ("{album: [{photo: a.png}, {sticker: a.png}]}", "blocks[0].album[1]: the field 'sticker' is not known"),
        ("{album: [{photo: a.png, video: a.png}]}", "blocks[0].album[0].video: this is one file: delete photo or video."),
        ("{album: [{photo: a.png}, {audio: a.png}]}", "An album mixes only photos and videos"),
        # polls
        ("{poll: Q}", "blocks[0].poll: write the fields question, options"),
        ("{poll: {question: Q}}", "blocks[0].poll: the field options is missing"),
        ("{poll: {question: Q, options: [a]}}", "steps[0].blocks[0]: The poll has 1 options"),
        (QUIZ % "correct: 0", "There is no option 0 to mark as correct"),
        (QUIZ % "correct: 3", "There is no option 3 to mark as correct"),
        (QUIZ % "correct: a", "blocks[0].poll.correct: write a number."),
        (QUIZ % "correct: 1111111111", "blocks[0].poll.correct: write a number."),
        (QUIZ % "correct: -1", "blocks[0].poll.correct: write a number."),
        # buttons
        ("{text: x, buttons: [{text: x, stop: true}]}", "blocks[0].buttons[0]: write a list here"),
        (ROW % "{text: x}", "blocks[0].buttons[0][0]: a field is missing: add one of url, start, copy, stop."),
        (ROW % "{stop: true}", "blocks[0].buttons[0][0]: the field text is missing"),
        (ROW % "{text: x, url: 'https://a.b', start: x}", "buttons[0][0].start: a button does one thing: delete url or start."),
        (ROW % "{text: x, url: a.b}", "buttons[0][0].url: The address is invalid"),
        (ROW % "{text: x, url: 'https://localhost', tracked: no}", "buttons[0][0].url: Telegram opens no address of this"),
        (ROW % "{text: x, url: 'https://e.com:0'}", "buttons[0][0].url: The address is invalid"),
        (ROW % "{text: x, url: 'https://e.com/?n={bot}'}", "buttons[0][0].url: In line 1, column 18 of the address there is"),
        (ROW % "{text: x, copy: '{cupom}'}", "buttons[0][0].copy: In line 1, column 1 of the text to copy {cupom} is not"),
        ("{text: '<b />x</b>'}", "blocks[0].text: In line 1, column 4 of the text <b> has a / outside quotes: delete it."),
        ("{text: 'x &nbsp;'}", "blocks[0].text: In line 1, column 3 of the text &nbsp; is unknown to Telegram"),
        (ROW % "{text: x, start: a b}", "buttons[0][0].start: The start payload is invalid"),
        (ROW % "{text: x, copy: ''}", "buttons[0][0].copy: The text to copy has 0 characters"),
        (ROW % "{text: x, stop: false}", "buttons[0][0].stop: write true, or delete the button."),
        (ROW % "{text: '', stop: true}", "buttons[0][0].text: The label is empty"),
        (ROW % "{text: x, stop: true, tracked: true}", "buttons[0][0].tracked: only a url can be tracked: delete it."),
        (ROW % "{text: x, stop: true, style: red}", "buttons[0][0].style: write one of danger, success, primary."),
        (ROW % "{text: x, stop: true}, {text: y, stop: true}", "steps[0].blocks[0]: There are several buttons that stop"),
        ("{text: x, buttons: [[]]}", "steps[0].blocks[0]: Row 1 has 0 buttons"),
        # languages
        ("{text: x, languages: en}", "blocks[0].languages: write name: value here."),
        ("{text: x, languages: {EN: y}}", "blocks[0].languages: The language 'EN' is invalid"),
        ("{text: x, languages: {en: y, en: z}}", "blocks[0].languages: the language en appears twice"),
        ("{text: x, languages: {en: <b>}}", "blocks[0].languages.en: In line 1, column 1 of the text <b> is never closed"),
        ("{text: x, languages: {en: {text: y, delay: 5s}}}", "blocks[0].languages.en: the field 'delay' is not known"),
        (f"{{text: x, languages: {{{', '.join(f'a{chr(97 + n)}: y' for n in range(21))}}}}}", "There are 21 languages"),
        # effects
        ("{text: x, delete_after: 48h}", "blocks[0].delete_after: Deleting after 2d is not possible: write a time from 1s"),
        ("{text: x, delete_after: 3}", "blocks[0].delete_after: The duration '3' cannot be read"),
        ("{text: x, silent: maybe}", "blocks[0].silent: write true or false."),
        ("{text: x, message_effect: fire}", "blocks[0].message_effect: The message effect is invalid"),
        ("{text: x, after: delete}", "blocks[0].after: write the fields returned, paid here"),
        ("{text: x, after: {blocked: delete}}", "blocks[0].after: the field 'blocked' is not known"),
        ("{text: x, after: {paid: burn}}", "blocks[0].after.paid: write one of keep, unbutton, delete."),
        ("{text: x, after: {paid: {replace: ''}}}", "blocks[0].after.paid.replace: The replacement is empty"),
        ("{text: x, after: {paid: unbutton}}", "steps[0].blocks[0]: after a payment: There are no buttons to remove"),
        ("{sticker: a.png, after: {returned: {replace: x}}}", "after a return: There is no text to replace in sticker"),
    ],
)  # fmt: skip
def test_a_wrong_block_is_refused_with_its_line_and_fix(text: str, sentence: str) -> None:
    with pytest.raises(CampaignError) as refusal:
        block(text)
    assert sentence in str(refusal.value)
    assert str(refusal.value).startswith("c.yaml, line 5, steps[0].blocks[0]") or "c.yaml: Step step-1" in str(
        refusal.value
    )


GOOD = "zone: UTC\nsteps:\n- schedule: now\n  blocks: [{%s}]\n"


def named(directory: Path, fields: str) -> list[Asset]:
    """The files that a campaign in the directory names."""
    found: list[Asset] = []

    def file_of(kind: MediaKind, path: Path) -> str:
        found.append(Asset(kind, path.read_text(encoding="utf-8")))
        return SHA

    path = directory / "c.yaml"
    path.write_text(GOOD % fields, encoding="utf-8")
    load(path, MINUTE, file_of)
    return found


def test_a_file_is_in_the_campaigns_folder_or_below_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_text("a", encoding="utf-8")
    (tmp_path / "b.png").symlink_to("in/a.png")
    assert named(tmp_path, "album: [{photo: in/a.png}, {video: b.png}]") == [("photo", "a"), ("video", "a")]


def test_no_other_file_is_read(tmp_path: Path) -> None:
    beside, loop = tmp_path / "beside", tmp_path / "beside" / "loop.png"
    beside.mkdir()
    (tmp_path / "secret.png").write_text("x", encoding="utf-8")
    (beside / "link.png").symlink_to("../secret.png")
    (beside / "folder.png").mkdir()
    loop.symlink_to("loop.png")
    with pytest.raises(
        CampaignError, match=r"c\.yaml, line 4, steps\[0\].blocks\[0\]\.photo: .*link\.png leads to another folder"
    ):
        named(beside, "photo: link.png")
    for name in ("none.png", "folder.png", "loop.png"):
        with pytest.raises(CampaignError, match=rf"{name} is not there, or not a file: put it beside"):
            named(beside, f"photo: {name}")


def test_no_file_is_read_that_has_a_second_name_elsewhere(tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    (tmp_path / "secret.png").write_text("x", encoding="utf-8")
    (beside / "hard.png").hardlink_to(tmp_path / "secret.png")
    (beside / "soft.png").symlink_to("hard.png")
    for name in ("hard.png", "soft.png"):
        with pytest.raises(CampaignError, match=rf"{name} has a second name.+: put a copy of its own beside"):
            named(beside, f"photo: {name}")


def test_a_reader_without_files_accepts_only_hashes(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(GOOD % "photo: a.png", encoding="utf-8")
    with pytest.raises(
        CampaignError, match=r"No file can be named here: write sha256: and the hash in place of 'a\.png'"
    ):
        load(path, MINUTE)
