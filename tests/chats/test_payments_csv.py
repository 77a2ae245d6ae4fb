"""A file of payments, whatever stands in it: every line is accounted for, and a good one is read as it was written."""

import csv
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from engine.chats import payments_csv
from engine.chats.payments_csv import COLUMNS, PaymentsFile
from engine.core.errors import PaymentsError
from engine.core.payment import MAX_AMOUNT, MAX_CHAT

HEADER = ",".join(COLUMNS)
NOISE = st.text(st.sampled_from("\"',;\t\u2028\x00\x0b a09-"), max_size=12).filter(lambda line: "\n" not in line)
AMOUNTS = st.integers(0, MAX_AMOUNT)
PAYMENTS = st.tuples(st.integers(1, MAX_CHAT), AMOUNTS, st.integers(csv.QUOTE_MINIMAL, csv.QUOTE_ALL))


def read(text: str) -> PaymentsFile:
    with TemporaryDirectory() as directory:
        path = Path(directory, "payments.csv")
        path.write_bytes(text.encode(errors="surrogatepass"))
        return payments_csv.read(path)


def written(place: int, chat_id: int, amount: int, quoting: int) -> str:
    out = StringIO()
    csv.writer(out, quoting=quoting, lineterminator="").writerow([f'p"{place}', chat_id, amount, "BRL", "", ""])  # type: ignore[arg-type]  # the stubs want a literal
    return out.getvalue()


@given(st.lists(st.one_of(PAYMENTS, NOISE), max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
def test_noise_around_a_payment_changes_nothing_of_it(items: list[tuple[int, int, int] | str], end: str) -> None:
    lines = [item if isinstance(item, str) else written(place, *item) for place, item in enumerate(items)]
    found = read("".join(f"{line}{end}" for line in [HEADER, *lines]))
    wanted = [(place + 2, f'p"{place}', *item[:2]) for place, item in enumerate(items) if not isinstance(item, str)]
    assert [(line.number, *line.told[:3]) for line in found.good] == wanted
    assert len(found.good) + len(found.bad) + found.blank == len(items)


@given(st.text(max_size=60), st.binary(max_size=60))
def test_any_other_file_is_read_or_refused(text: str, data: bytes) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory, "payments.csv")
        path.write_bytes(f"{HEADER}\n{text}".encode(errors="replace") + data)
        try:
            found = payments_csv.read(path)
        except PaymentsError:
            return
    assert len(found.good) + len(found.bad) + found.blank == len(path_lines(text.encode(errors="replace") + data))


def path_lines(data: bytes) -> list[str]:
    """The lines as every editor counts them."""
    text = data.decode().replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix("\n").split("\n") if text else []
