"""Every request that reached the Bot API port: when, what, how it ended, and whether its answer was read.

A row is published when its request ends. If the client then closes the connection without another request, the
row is published once more: with `closed_ms`, and with `broken_off` if the answer was never read. So is that of a
request whose client left while it waited, when its work is done. Of the rows with one `seq` the last counts. The newest
rows are kept; a file holds them all.
"""

from typing import BinaryIO

import msgspec

from bench.sandbox.protocol import Record, Row
from bench.sandbox.world.retention import DEFAULT_BOUNDS, Ring

_encode = msgspec.json.Encoder().encode


class Recorder:
    def __init__(self, file: BinaryIO | None, most: int = DEFAULT_BOUNDS.rows) -> None:
        self._file = file
        self._next_seq = 1
        self._ended: Ring[Row] = Ring(most)
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

    def again(self, row: Row) -> None:
        """Publish a row that ended: more is known of it now."""
        self._publish(row)

    def client_closed(self, row: Row, now_ms: int, *, unread: bool) -> None:
        """Note that the client hung up after this answer."""
        if row.broken_off is None:
            row.broken_off = "client" if unread else None
            row.closed_ms = now_ms
            self._publish(row)

    def since(self, cursor: int) -> Record:
        latest = {row.seq: row for row in self._ended.since(cursor)}
        return Record(self._ended.cursor, list(latest.values()), self.open, self._ended.lost_since(cursor))

    @property
    def open(self) -> list[Row]:
        return list(self._open.values())

    def reaches(self, cursor: int) -> bool:
        return self._ended.cursor > cursor

    def forget(self) -> None:
        self._ended.clear()

    def _publish(self, row: Row) -> None:
        self._ended.append(row)
        if self._file is not None:
            self._file.write(_encode(row) + b"\n")
