"""A campaign's file with anything in it: it is read, and then says the same when written back, or it is refused."""

from hypothesis import given
from hypothesis import strategies as st

from engine.campaign_file import read, serialize
from engine.core.errors import CampaignError
from tests.campaign_file.test_docs import EXAMPLES
MINUTE = 60_000
ODD = st.sampled_from(
    [b"", b"\n", b"\t", b"- ", b": ", b"'", b'"', b"#", b"&a ", b"*a", b"!!int ", b"|", b">", b"{", b"[", b"~", b"\xff"]
    + [b"\x00", b"\\ud83d", b"1e9", b"0x1f", b"1_000", b"12:30", b"2026-01-05", b"no", b".inf", b"\xe2\x80\xa8", b"<<: "]
    + [b"---\n", b"...\n", b"%YAML 1.1\n", b"? ", b"=", b"9" * 400, b"[" * 40, b"\xed\xa0\x80", b"{first_name}"]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """One of the guide's campaigns, with pieces cut, doubled, moved or replaced."""
    data = draw(st.sampled_from(EXAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
        kept = data[start : min(end, start + 40)]
        data = data[:start] + draw(st.one_of(ODD, st.binary(max_size=4), st.just(kept * 2))) + data[start + len(kept) :]
    return data


@given(mutated())
def test_it_is_refused_or_read_as_it_would_be_written(data: bytes) -> None:
    try:
        found = read(data, "c.yaml", MINUTE, lambda _, __: "0" * 64)
    except CampaignError:
        return
    assert read(serialize(found).encode(), "c.yaml", MINUTE, lambda _, name: name) == found
