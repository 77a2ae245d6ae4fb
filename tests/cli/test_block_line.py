"""A block in a line, by which an admin knows it again."""

import pytest

from engine.cli.block_line import outline
from engine.core.campaign.snapshot import Block
from engine.core.content.model import (
    Album,
    CopyButton,
    Delete,
    Effects,
    Item,
    Media,
    Poll,
    Replace,
    StopButton,
    Text,
    Unbutton,
)

SHA = "0f" * 32
STOP = StopButton("Stop")


@pytest.mark.parametrize(
    ("block", "line"),
    [
        (Block("b", Text("<b>Oi</b>,\n {first_name|amigo} &amp; co")), "text “Oi, {first_name|amigo} & co”"),
        (Block("b", Text("Oi, {first_name|Tom & <3}")), "text “Oi, {first_name|Tom & <3}”"),
        (Block("b", Text("x" * 39 + " y")), f"text “{'x' * 39}…”"),
        (Block("b", Media("voice", SHA), active=False), "voice · off"),
        (Block("b", Media("photo", SHA, "Oi", buttons=((STOP,),)), 5_000), "photo “Oi” · after 5s · 1 button"),
        (Block("b", Album((Item("photo", SHA), Item("video", SHA, "Veja")))), "album of 2 “Veja”"),
        (Block("b", Poll("Why?", ("a", "b"), buttons=((STOP, CopyButton("x", "y")),))), "poll “Why?” · 2 buttons"),
        (Block("b", Text("x"), languages={"en": Text("y"), "es": Text("z")}), "text “x” · also in en, es"),
        (
            Block("b", Text("x"), effects=Effects(7_200_000, silent=True, protect=True, message_effect="1")),
            "text “x” · deleted after 2h · silent · protected · with an effect",
        ),
        (
            Block("b", Text("x"), effects=Effects(on_return=Unbutton(), on_payment=Replace("y"))),
            "text “x” · without buttons on return · replaced on payment",
        ),
        (Block("b", Text("x"), effects=Effects(on_payment=Delete())), "text “x” · deleted on payment"),
    ],
)
def test_a_block_is_known_by_its_line(block: Block, line: str) -> None:
    assert outline(block) == line
