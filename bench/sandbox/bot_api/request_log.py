"""Every request that reached the Bot API port: when it came, what it asked, how it ended, and who read the answer.

A row is written when its request ends. It is written a second time, with the same `seq`, when more is known: when the
client closes the connection without another request (then with `closed_ms`, and with `broken_off` if the answer was
never read), and when the work of a request is done whose client left while it waited. Of the rows with one `seq` the
last counts. The newest rows are kept; a file holds them all.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from bench.sandbox.bot_api.exchange import Ended, Exchange
from bench.sandbox.protocol import Record, Row
from bench.sandbox.world.retention import DEFAULT_BOUNDS, Ring

# The most exchanges that are kept whole, to be read beside a chat.
_RECENT = 2_000
_encode = msgspec.json.Encoder().encode


class RequestLog:
    """`changed` is called whenever the log has something new to show."""

    def __init__(
        self,
        file: BinaryIO | None,
        clock: Callable[[], int],
        changed: Callable[[], None],
        most: int = DEFAULT_BOUNDS.rows,
    ) -> None:
        self._file = file
        self._clock = clock
        self._changed = changed
        self._next_seq = 1
        self._rows: Ring[Row] = Ring(most)
        self._open: dict[int, Exchange] = {}
        self._recent: deque[Exchange] = deque(maxlen=_RECENT)

    def begin(self, bot_id: int, method: str) -> Exchange:
        exchange = Exchange(self._next_seq, bot_id, method, self._clock())
        self._next_seq += 1
        self._open[exchange.seq] = exchange
        self._changed()
        return exchange

    def end(self, exchange: Exchange, broken_off: str | None = None) -> Row:
        del self._open[exchange.seq]
        exchange.ended = Ended(self._clock(), broken_off)
        self._recent.append(exchange)
        return self._write(exchange.row())

    def work_done(self, exchange: Exchange) -> None:
        """Write the row again if its request ended before its work did."""
        if exchange.ended is not None:
            self._write(exchange.row())

    def client_closed(self, row: Row, *, unread: bool) -> None:
        """Note that the client hung up after this answer."""
        broken_off = "client" if unread else None
        self._write(msgspec.structs.replace(row, broken_off=broken_off, closed_ms=self._clock()))

    def since(self, cursor: int) -> Record:
        latest = {row.seq: row for row in self._rows.since(cursor)}
        return Record(self._rows.cursor, list(latest.values()), self.open, self._rows.lost_since(cursor))

    def recent(self, bot_id: int, chat_id: int) -> Iterator[Exchange]:
        """Find what a bot asked about a chat or about none, the newest first; a poll counts if it brought something."""
        mine = (one for one in reversed(self._recent) if one.bot_id == bot_id and one.asked.chat_id in (chat_id, None))
        return (one for one in mine if one.done is None or one.done.updates != 0)

    @property
    def open(self) -> list[Row]:
        """What is known so far of the requests that have not ended."""
        return [exchange.row() for exchange in self._open.values()]

    @property
    def open_count(self) -> int:
        return len(self._open)

    def reaches(self, cursor: int) -> bool:
        return self._rows.cursor > cursor

    def forget(self) -> None:
        self._rows.clear()
        self._recent.clear()

    def _write(self, row: Row) -> Row:
        self._rows.append(row)
        if self._file is not None:
            self._file.write(_encode(row) + b"\n")
        self._changed()
        return row
