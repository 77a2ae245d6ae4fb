"""A file of payments: CSV with a header, as shops export it. Every line is a payment, or says what is wrong with it.

The columns are external_id, chat_id, amount (in the smallest unit), currency, status (empty: paid) and paid_at (empty:
now), in any order, separated by commas or semicolons. Two lines with the same external_id must agree, so that an import
can be repeated.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from engine.core import payment
from engine.core.errors import PaymentsError
from engine.core.payment import Told

COLUMNS: Final = ("external_id", "chat_id", "amount", "currency", "status", "paid_at")
MAX_LINES: Final = 200_000
MAX_FIELD: Final = 1_000


class PaymentLine(NamedTuple):
    number: int
    told: Told


class Bad(NamedTuple):
    number: int
    fault: str


def read(path: Path) -> tuple[list[PaymentLine], list[Bad]]:
    """The good lines and the bad ones. Raises PaymentsError for a file that is not such a CSV."""
    csv.field_size_limit(MAX_FIELD)
    good: list[PaymentLine] = []
    bad: list[Bad] = []
    known: dict[str, Told] = {}
    for item in _lines(path):
        if isinstance(item, Bad):
            bad.append(item)
        elif _agree(known.setdefault(item.told.external_id, item.told), item.told):
            good.append(item)
        else:
            bad.append(Bad(item.number, "the external_id stands above with another chat, amount or currency"))
    return good, bad


def _lines(path: Path) -> Iterator[PaymentLine | Bad]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _rows(file)
    except (OSError, UnicodeDecodeError) as error:
        raise PaymentsError(f"{path} cannot be read ({type(error).__name__}): give a CSV file in UTF-8.") from error
    except csv.Error as error:
        raise PaymentsError(
            f"{path} is no CSV file ({error}): separate fields of at most {MAX_FIELD} characters by commas."
        ) from error


def _rows(file: Iterator[str]) -> Iterator[PaymentLine | Bad]:
    header = next(file, "")[:MAX_FIELD]
    separator = ";" if ";" in header else ","
    columns = [name.strip().strip('"').lower() for name in header.split(separator)]
    if sorted(columns) != sorted(COLUMNS):
        raise PaymentsError(f"The first line is no header: name there the columns {','.join(COLUMNS)}, and no others.")
    for count, row in enumerate(rows := csv.reader(file, delimiter=separator), 1):
        if count > MAX_LINES:
            raise PaymentsError(f"The file has more than {MAX_LINES:,} lines: split it, with the header in each part.")
        if row:
            yield _line(rows.line_num + 1, dict(zip(columns, map(str.strip, row), strict=False)), len(row))


def _line(number: int, fields: dict[str, str], count: int) -> PaymentLine | Bad:
    if count != len(COLUMNS):
        return Bad(number, f"it has {count} fields: give {len(COLUMNS)}, as in the header")
    try:
        told = payment.read(
            fields["external_id"],
            _whole(fields, "chat_id"),
            _whole(fields, "amount"),
            fields["currency"],
            fields["status"] or "paid",
            fields["paid_at"] or None,
        )
    except ValueError as error:
        return Bad(number, str(error))
    return PaymentLine(number, told)


def _whole(fields: dict[str, str], name: str) -> int:
    text = fields[name][:20]
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise ValueError(f"the {name} {text!r} is no whole number: give digits alone, an amount in the smallest unit")
    return int(text)


def _agree(one: Told, other: Told) -> bool:
    return (one.chat_id, one.amount, one.currency) == (other.chat_id, other.amount, other.currency)
