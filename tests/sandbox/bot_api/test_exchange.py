"""An exchange while it stands open, and the rows that are made of it."""

from bench.sandbox.bot_api.exchange import Asked, Done
from bench.sandbox.bot_api.request_log import RequestLog
from bench.sandbox.bot_api.response import accepted, refused
from bench.sandbox.errors import BLOCKED, ApiError
from bench.sandbox.protocol import Row

NOW_MS = 5


class Book:
    """A log without a file, and the number of changes that it announced."""

    def __init__(self) -> None:
        self.changes = 0
        self.log = RequestLog(None, lambda: NOW_MS, self._changed)

    def _changed(self) -> None:
        self.changes += 1

    @property
    def rows(self) -> list[Row]:
        return self.log.since(0).rows


def test_an_open_exchange_shows_what_is_known_so_far() -> None:
    book = Book()
    exchange = book.log.begin(7, "sendMessage")
    assert book.log.open == [Row(1, 7, "sendMessage", NOW_MS)]
    exchange.asked = Asked(chat_id=3, text="hi", uploads=2)
    exchange.fault = "slow"
    assert book.log.open == [Row(1, 7, "sendMessage", NOW_MS, 3, "hi", fault="slow", uploads=2)]
    exchange.done = Done(refused(ApiError(BLOCKED)), absorbed_ms=9)
    (row,) = book.log.open
    assert (row.ok, row.error_code, row.absorbed_ms, row.completed_ms) == (False, 403, 9, None)
    assert (book.rows, book.log.open_count, book.changes) == ([], 1, 1)


def test_an_ended_exchange_is_one_row() -> None:
    book = Book()
    exchange = book.log.begin(7, "getMe")
    exchange.done = Done(accepted(b"true"))
    ended = book.log.end(exchange)
    assert book.rows == [ended] == [Row(1, 7, "getMe", NOW_MS, completed_ms=NOW_MS, ok=True)]
    assert (book.log.open, book.changes) == ([], 2)


def test_what_is_known_later_is_another_row_and_the_first_one_stays() -> None:
    book = Book()
    ended = book.log.end(book.log.begin(7, "getMe"))
    book.log.client_closed(ended, unread=True)
    assert (ended.broken_off, ended.closed_ms) == (None, None)
    (last,) = book.rows
    assert (last.seq, last.broken_off, last.closed_ms) == (ended.seq, "client", NOW_MS)


def test_work_that_outlives_its_request_is_written_when_it_is_done() -> None:
    book = Book()
    exchange = book.log.begin(7, "getMe")
    exchange.done = Done(accepted(b"true"))
    book.log.work_done(exchange)
    assert book.rows == []
    book.log.end(exchange, "client")
    book.log.work_done(exchange)
    assert book.log.since(0).cursor == 2
    assert [(row.ok, row.broken_off) for row in book.rows] == [(True, "client")]
