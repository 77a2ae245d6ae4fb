"""Draws the plots as PNG. They have a background of their own, so that they can be read on light and dark pages."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.harness.chapter import Plot, shown

_INK: Final = "#24292f"
_PAPER: Final = "#f6f8fa"
_COLOURS: Final = ("#0969da", "#bc4c00", "#1a7f37", "#8250df", "#9a6700", "#57606a")
_DPI: Final = 130
_LETTERS: Final = 64
"""That fit side by side below the picture. Longer labels are turned."""
_WIDTH: Final = 0.8
"""Of the bars of one label together, in parts of the room that they have."""
_STYLE: Final[dict[Any, Any]] = {
    "axes.edgecolor": _INK,
    "axes.facecolor": _PAPER,
    "axes.labelcolor": _INK,
    "axes.titlecolor": _INK,
    "figure.facecolor": _PAPER,
    "font.size": 10,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_METADATA: Final[dict[str, Any]] = {"Software": None}
"""Nothing that changes with the version of the library: the same figures draw the same picture."""


def draw(plot: Plot, path: Path) -> None:
    with mpl.rc_context(_STYLE):
        picture = Figure(figsize=(7.2, 3.6), layout="constrained")
        axes = picture.add_subplot()
        if plot.kind == "bars":
            _bars(axes, plot)
        else:
            _lines(axes, plot)
        axes.set_title(plot.title)
        axes.set_ylabel(plot.y_label)
        _label(axes, plot.x)
        if plot.log:
            axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: shown(value))
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        if len(plot.series) > 1:
            picture.legend(loc="outside right upper", frameon=False)
        picture.savefig(path, dpi=_DPI, metadata=_METADATA)


def _label(axes: Axes, labels: Sequence[str]) -> None:
    axes.set_xticks(range(len(labels)), list(labels))
    if sum(map(len, labels)) > _LETTERS:
        axes.tick_params("x", labelrotation=30, labelsize=7)
        for label in axes.get_xticklabels():
            label.set_horizontalalignment("right")


def _bars(axes: Axes, plot: Plot) -> None:
    width = _WIDTH / len(plot.series)
    for place, (name, values) in enumerate(plot.series.items()):
        shift = (place - (len(plot.series) - 1) / 2) * width
        bars = axes.bar(_shifted(len(values), shift), values, width, label=name, color=_COLOURS[place % len(_COLOURS)])
        axes.bar_label(bars, fmt=shown, fontsize=7, padding=2)


def _shifted(count: int, shift: float) -> Sequence[float]:
    return [place + shift for place in range(count)]


def _lines(axes: Axes, plot: Plot) -> None:
    for place, (name, values) in enumerate(plot.series.items()):
        axes.plot(range(len(values)), values, marker="o", label=name, color=_COLOURS[place % len(_COLOURS)])
