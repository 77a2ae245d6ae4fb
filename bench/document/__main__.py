"""`python -m bench.document`: asks all questions again; writes docs/benchmarks.md with its plots, and docs/scaling.md.

The figures are kept beside the plots, so that `--draw` writes the pages from them without asking anything.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.document import chapters, run
from bench.document.page import ODD, PLOTS, Part, page, part, plot_file
from bench.document.pictures import draw
from bench.document.scaling import scaling

_DOCS: Final = Path(__file__).parents[2] / "docs"
_INTERRUPTED: Final = 130


def _read_arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    parser.add_argument("--only", nargs="+", choices=chapters.QUESTIONS, metavar="QUESTION", help="ask these alone")
    parser.add_argument(
        "--draw", action="store_true", help="ask nothing; write the pages from the figures of last time"
    )
    return parser.parse_args(words)


def write(docs: Path) -> list[Part]:
    """Writes the pages and the plots from the figures that are there."""
    directory = docs / PLOTS
    parts = [part(chapters.find(name), run.read(directory, name)) for name in chapters.QUESTIONS]
    for old in directory.glob("*.png"):
        old.unlink()
    parts = [drawn(one, directory) for one in parts]
    (docs / "benchmarks.md").write_text(page(parts), "utf-8")
    answers = {part.source.name: part.figures for part in parts}
    (docs / "scaling.md").write_text(scaling(answers), "utf-8")
    return parts


def drawn(one: Part, directory: Path) -> Part:
    """Figures that cannot be drawn lose their own chapter and no other."""
    try:
        for plot in one.plots:
            draw(plot, directory / plot_file(one.source.name, plot))
    except ODD as error:
        return one._replace(failure=f"its figures cannot be drawn ({error!r}): ask it again")
    return one


def main(words: Sequence[str]) -> int:
    """The exit status is 1 if a question failed; the pages are written all the same."""
    given = _read_arguments(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if not given.draw:
            run.ask_all(given.only or chapters.QUESTIONS, _DOCS / PLOTS, quick=given.quick)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. Nothing is left running.\n")
        return _INTERRUPTED
    return 1 if any(one.failure for one in write(_DOCS)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
