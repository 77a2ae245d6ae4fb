"""Every request that reached the Bot API port: when, what, how it ended, and whether its answer was read.

A row is published when its request ends. Should the connection then turn out to have been reset before the
client read the answer, the row is published once more with `broken_off`; the last one of a `seq` counts.
"""

from typing import BinaryIO

import msgspec

from bench.sandbox.wire import Record, Row

_encode = msgspec.json.Encoder().encode


class Recorder:
    def __init__(self, file: BinaryIO | None) -> None:
        self._file = file
        self._next_seq = 1
        self._ended: list[Row] = []
        self._open: dict[int, Row] = {}

    def arrive(self, bot_id: int, method: str, now_ms: int) -> Row:
        row = Row(self._next_seq, bot_id, method, now_ms)
        self._next_seq += 1
        self._open[row.seq] = row
        return row

    def end(self, row: Row, now_ms: int, broken_off: str | None = None) -> None:
        del self._open[row.seq]
        row.completed_ms = now_ms
        row.broken_off = broken_off
        self._publish(row)

    def answer_was_lost(self, row: Row) -> None:
        if row.broken_off is None:
            row.broken_off = "client"
            self._publish(row)

    def since(self, cursor: int) -> Record:
        return Record(len(self._ended), self._ended[cursor:], list(self._open.values()))

    def forget(self) -> None:
        self._ended.clear()

    def _publish(self, row: Row) -> None:
        self._ended.append(row)
        if self._file is not None:
            self._file.write(_encode(row) + b"\n")
