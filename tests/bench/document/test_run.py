"""A question that fails, hangs, or prints what cannot be read loses its own answer and no other."""

import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from bench.document import __main__ as document
from bench.document import chapters, run
from bench.document.page import part
from bench.harness.chapter import Plot

_DOCS = Path(__file__).parents[3] / "docs"
_HANGS = "import signal, sys, time; {0}; print('half', flush=True); time.sleep(600)"


@pytest.mark.parametrize(
    "handling",
    ["signal.signal(signal.SIGTERM, signal.SIG_IGN)", "signal.signal(signal.SIGTERM, signal.default_int_handler)"],
    ids=["it ignores SIGTERM", "it ends at SIGTERM"],
)
def test_a_question_that_hangs_is_ended(handling: str) -> None:
    printed, failure = run.run([sys.executable, "-c", _HANGS.format(handling)], patience_s=2, grace_s=1)
    assert failure == "it was not over within 2 s"
    assert printed.out == "half\n"
    assert not [child for child in psutil.Process().children() if "time.sleep(600)" in " ".join(child.cmdline())]


def test_what_a_question_prints_may_be_any_bytes() -> None:
    printed, failure = run.run([sys.executable, "-c", r"import sys; sys.stderr.buffer.write(b'\xff\n')"], 30)
    assert (printed.out, printed.err, failure) == ("", "\ufffd\n", "")


@pytest.mark.parametrize(
    "odd",
    [Plot("odd", "Odd", ["a", "b"], {"late": [None, 1]}, "ms"), Plot("odd", "Odd", [], {}, "ms")],  # type: ignore[list-item]
)
def test_figures_that_cannot_be_drawn_lose_their_own_chapter(odd: Plot, tmp_path: Path) -> None:
    one = part(chapters.find("idle"), run.read(_DOCS / "benchmarks", "idle"))
    assert document.drawn(one._replace(plots=[odd]), tmp_path).failure.startswith("its figures cannot be drawn (")
    assert not document.drawn(one, tmp_path).failure


def test_the_pages_are_written_whichever_answers_are_missing(tmp_path: Path) -> None:
    plots = tmp_path / "benchmarks"
    plots.mkdir()
    (plots / "touch.json").write_bytes(
        msgspec.json.encode(run.Answer("python -m bench touch", 1, quick=True, failure="It failed."))
    )
    (plots / "idle.json").write_bytes((_DOCS / "benchmarks" / "idle.json").read_bytes())
    failed = [one.source.name for one in document.write(tmp_path) if one.failure]
    assert failed == [name for name in chapters.QUESTIONS if name != "idle"]
    assert "## idle" in (tmp_path / "benchmarks.md").read_text("utf-8")
    assert (tmp_path / "scaling.md").exists()
