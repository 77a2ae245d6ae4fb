"""A plot is a PNG with a background of its own: it can be read on a light and on a dark page."""

from pathlib import Path
from typing import Literal

import pytest

from bench.document.pictures import draw
from bench.harness.chapter import Plot

_PNG = b"\x89PNG\r\n"


@pytest.mark.parametrize("kind", ["bars", "lines"])
def test_the_same_figures_draw_the_same_picture(kind: Literal["bars", "lines"], tmp_path: Path) -> None:
    plot = Plot("late", "How late", ["100/s", "300/s"], {"p50": [1.5, 3], "p99": [9, 20]}, "ms", kind, log=True)
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    draw(plot, first)
    draw(plot, second)
    assert first.read_bytes().startswith(_PNG)
    assert first.read_bytes() == second.read_bytes()
