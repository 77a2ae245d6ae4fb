"""A file of payments: CSV with a header, as shops and spreadsheets export it.

The columns are external_id, chat_id, amount (in the smallest unit), currency, status (empty: paid) and paid_at (empty:
now), in any order, separated by commas, semicolons or tabs. No value of theirs holds a line break, so each line is
read alone: a quote that is not closed spoils its own line and no other. Every line is a payment, blank, or refused
with its fault; nothing is cut to fit. Two lines with the same external_id must agree, so that an import can be
repeated.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from engine.core import payment
from engine.core.errors import PaymentsError
from engine.core.payment import Told

COLUMNS: Final = ("external_id", "chat_id", "amount", "currency", "status", "paid_at")
MAX_LINES: Final = 200_000
MAX_LINE: Final = 1_000
"""Characters. The longest payment with every character in quotes takes less."""
_MAX_DIGITS: Final = 19


class PaymentLine(NamedTuple):
    number: int
    told: Told


class Bad(NamedTuple):
    number: int
    fault: str


class PaymentsFile(NamedTuple):
    """What stands in the lines below the header: each is in `good`, in `bad`, or counted in `blank`."""

    good: list[PaymentLine]
    bad: list[Bad]
    blank: int


def read(path: Path) -> PaymentsFile:
    """Raises PaymentsError for a file that is not such a CSV."""
    found = PaymentsFile([], [], 0)
    known: dict[str, Told] = {}
    for item in _read_lines(path):
        if item is None:
            found = found._replace(blank=found.blank + 1)
        elif isinstance(item, Bad):
            found.bad.append(item)
        elif _agree(known.setdefault(item.told.external_id, item.told), item.told):
            found.good.append(item)
        else:
            found.bad.append(Bad(item.number, "the external_id stands above with another chat, amount or currency"))
    return found


def _read_lines(path: Path) -> Iterator[PaymentLine | Bad | None]:
    """None is a blank line."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            lines = _bounded(file)
            separator, columns = _header(next(lines, ""))
            for number, line in enumerate(lines, 2):
                yield _read_line(number, line, separator, columns)
    except (OSError, UnicodeDecodeError) as error:
        raise PaymentsError(f"{path} cannot be read ({type(error).__name__}): give a CSV file in UTF-8.") from error


def _bounded(file: TextIO) -> Iterator[str | None]:
    """The lines of a file without their ends; None for one that is too long. Raises PaymentsError for too many."""
    for _ in range(MAX_LINES + 1):
        if not (line := file.readline(MAX_LINE + 1)):
            return
        rest = line
        while not rest.endswith("\n") and (rest := file.readline(MAX_LINE + 1)):
            pass
        text = line.removesuffix("\n")
        yield text if len(text) <= MAX_LINE else None
    if file.read(1):
        raise PaymentsError(f"The file has more than {MAX_LINES:,} lines: split it, with the header in each part.")


def _header(line: str | None) -> tuple[str, list[str]]:
    """The separator and the columns in their order. Raises PaymentsError."""
    separator = next((mark for mark in ";\t" if mark in (line or "")), ",")
    columns = [name.lower() for name in _fields(line or "", separator) or ()]
    if sorted(columns) != sorted(COLUMNS):
        raise PaymentsError(f"The first line is no header: name there the columns {','.join(COLUMNS)}, and no others.")
    return separator, columns


def _read_line(number: int, line: str | None, separator: str, columns: list[str]) -> PaymentLine | Bad | None:
    if line is None:
        return Bad(number, f"it is longer than {MAX_LINE} characters: write one payment a line")
    fields = _fields(line, separator)
    if fields is None:
        return Bad(number, "its quotes do not match: close each on its own line, right before the separator")
    if not any(fields):
        return None
    if len(fields) != len(COLUMNS):
        return Bad(number, f"it has {len(fields)} fields: give {len(COLUMNS)}, as in the header")
    return _payment(number, dict(zip(columns, fields, strict=True)))


def _fields(line: str, separator: str) -> list[str] | None:
    """The values of a line without blanks around them; None when its quotes do not match."""
    try:
        return [field.strip() for row in csv.reader([line], delimiter=separator, strict=True) for field in row]
    except csv.Error:
        return None


def _payment(number: int, fields: dict[str, str]) -> PaymentLine | Bad:
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
    text = fields[name]
    digits = text.removeprefix("-").lstrip("0") or "0"
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise ValueError(f"the {name} {text!r} is no whole number: give digits alone, an amount in the smallest unit")
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"the {name} {text!r} is too large: give at most {_MAX_DIGITS} digits")
    return int(text)


def _agree(one: Told, other: Told) -> bool:
    return (one.chat_id, one.amount, one.currency) == (other.chat_id, other.amount, other.currency)
