"""A campaign's file with anything in it is refused, or says the same when it is written back."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.campaign_file import read, write
from engine.core.content.model import MediaKind
from engine.core.errors import CampaignError

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "campaign-file.md"
EXAMPLES: Final[list[bytes]] = [
    found.encode() for found in re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
]
MINUTE: Final = 60_000
SYNTAX: Final = rb"""\n \t - : ' " # & * | > { [ ~ ? = %YAML --- ... &a *a <<: !!int !!python/name:os""".split()
VALUES: Final = rb"\ud83d 1e9 0x1f 1_000 12:30 2026-01-05 no .inf 999999999999 {first_name} <b> &lt sha256:0 1h".split()
BYTES: Final = [b"", b"\n", b"\t", b"\r", b" ", b"\x00", b"\xff", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"[" * 40]
ODD: Final = st.sampled_from([*SYNTAX, *VALUES, *BYTES])


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """One of the guide's campaigns, with pieces cut, doubled or replaced."""
    data = draw(st.sampled_from(EXAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        piece = data[start : start + draw(st.integers(0, 40))]
        other = draw(st.one_of(ODD, st.binary(max_size=4), st.just(piece * 2)))
        data = data[:start] + other + data[start + len(piece) :]
    return data


def library(_: MediaKind, name: str) -> str:
    """Has every file, whatever its name."""
    return sha256(name.encode(errors="surrogatepass")).hexdigest()


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_is_mutated_is_read_as_it_is(example: bytes) -> None:
    assert read(example, "c.yaml", MINUTE, library).steps


@given(mutated())
def test_it_is_refused_or_reads_back_as_it_was_read(data: bytes) -> None:
    try:
        found = read(data, "c.yaml", MINUTE, library)
    except CampaignError:
        return
    assert read(write(found).encode(), "c.yaml", MINUTE, library) == found
