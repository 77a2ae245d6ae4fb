"""How fast a bot may send: what waits, what is refused, and what is a violation."""

import asyncio

import pytest

from bench.sandbox import SandboxClient
from bench.sandbox.bot_api.counted_calls import is_counted, messages_in
from bench.sandbox.bot_api.rate_limits import UNLIMITED, RateLimits, Send
from bench.sandbox.errors import ApiError
from bench.sandbox.protocol import LimitRules
from tests.sandbox.caller import Caller

BOT_ONLY = LimitRules(chat_per_second=None)
CHAT_ONLY = LimitRules(bot_per_second=None, paid_per_second=None)


class Book:
    """Limits whose time the test sets, and the violations that they report."""

    def __init__(self, rules: LimitRules) -> None:
        self.violations: list[tuple[int, str, str]] = []
        self.limits = RateLimits(rules, lambda *what: self.violations.append(what))

    def send(self, now_ms: int, chat: int = 1, *, messages: int = 1, paid: bool = False) -> int:
        """How long it waits in all."""
        send = Send(7, chat, "sendMessage", messages, paid)
        chat_ms = self.limits.wait_for_chat(send, now_ms)
        return chat_ms + self.limits.wait_for_bot(send, now_ms + chat_ms, chat_ms)

    def refused(self, now_ms: int, chat: int = 1) -> int | None:
        """The retry_after of the refusal."""
        with pytest.raises(ApiError) as caught:
            self.send(now_ms, chat)
        return caught.value.retry_after


def test_a_chat_takes_a_burst_and_then_one_a_second() -> None:
    book = Book(CHAT_ONLY)
    assert [book.send(now_ms) for now_ms in (0, 0, 0, 0, 500)] == [0, 0, 0, 1000, 1500]
    assert book.send(0, chat=2) == 0
    assert [book.send(10_000) for _ in range(4)] == [0, 0, 0, 1000]


def test_an_album_is_sent_whole_and_counts_all_its_messages() -> None:
    book = Book(CHAT_ONLY)
    assert book.send(0, messages=5) == 0
    assert book.send(0) == 3000


def test_no_second_has_more_than_thirty_of_a_bot() -> None:
    book = Book(BOT_ONLY)
    assert {book.send(now_ms, now_ms) for now_ms in range(0, 300, 10)} == {0}
    assert [book.send(now_ms, now_ms) for now_ms in (300, 301, 999)] == [700, 709, 21]
    assert book.send(2500, 9) == 0


def test_a_paid_broadcast_has_a_limit_of_its_own() -> None:
    book = Book(BOT_ONLY)
    assert {book.send(0, chat, paid=True) for chat in range(1000)} == {0}
    assert book.send(0, 1000, paid=True) == 1000
    assert book.send(0, 1001) == 0


def test_each_limit_can_be_off() -> None:
    book = Book(UNLIMITED)
    assert not book.limits.on
    assert {book.send(0) for _ in range(2000)} == {0}


def test_a_wait_of_eight_seconds_is_absorbed_and_a_longer_one_refused() -> None:
    book = Book(CHAT_ONLY)
    assert [book.send(0) for _ in range(11)][-1] == 8000
    assert book.refused(0) == 9


def test_waits_for_chat_and_bot_are_absorbed_together() -> None:
    book = Book(LimitRules(bot_per_second=1, chat_burst=1))
    assert [book.send(0) for _ in range(5)] == [0, 1000, 2000, 3000, 4000]
    assert [book.send(4000, chat) for chat in range(10, 14)] == [1000, 2000, 3000, 4000]
    assert [book.send(4000) for _ in range(4)] == [5000, 6000, 7000, 8000]
    assert book.refused(4000) == 4


def test_a_send_before_retry_after_is_a_violation() -> None:
    book = Book(LimitRules(bot_per_second=None, chat_burst=1, absorb_ms=0))
    book.send(0)
    assert book.refused(10) == 1
    assert book.refused(200) == 1
    assert book.violations == []
    assert book.refused(600) == 1
    assert book.violations == [(7, "sendMessage", "It sent before the retry_after of this chat had passed")]
    assert book.send(600, chat=2) == 0
    assert book.send(1010) == 0
    assert len(book.violations) == 1


def test_a_bot_that_must_wait_can_write_to_no_chat() -> None:
    book = Book(LimitRules(bot_per_second=1, chat_per_second=None, absorb_ms=0))
    book.send(0)
    assert [book.refused(10, chat=2), book.refused(500, chat=3)] == [1, 1]
    assert [what for _, _, what in book.violations] == ["It sent before the retry_after of this bot had passed"]


def test_a_bot_may_have_limits_of_its_own() -> None:
    book = Book(UNLIMITED)
    book.limits.change_bot(7, LimitRules(bot_per_second=1, chat_per_second=None))
    assert book.limits.on
    assert [book.send(0), book.send(0)] == [0, 1000]


def test_chats_at_rest_are_forgotten() -> None:
    book = Book(CHAT_ONLY)
    for chat in range(50_000):
        book.send(chat, chat)
    assert len(book.limits._bot(7).chats._rested_ms) < 10_000  # type: ignore[union-attr]


def test_expired_refusals_are_forgotten() -> None:
    book = Book(LimitRules(bot_per_second=None, chat_burst=1, absorb_ms=0))
    for chat in range(20_000):
        book.send(chat, chat)
        book.refused(chat, chat)
    assert len(book.limits._bot(7).refusals) < 10_000


@pytest.mark.parametrize(
    ("method", "counted"),
    [
        ("sendmessage", True),
        ("copymessage", True),
        ("editmessagetext", True),
        ("sendchataction", False),
        ("getme", False),
        ("deletemessage", False),
        ("answercallbackquery", False),
    ],
)
def test_sends_and_edits_are_counted(method: str, counted: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert is_counted(method) is counted


@pytest.mark.parametrize(
    ("given", "messages"),
    [({"media": '[{"a":1},{"b":2}]'}, 2), ({"media": [1, 2, 3]}, 3), ({"media": "["}, 1), ({}, 1)],
)
def test_an_album_counts_as_many_messages(given: dict[str, object], messages: int) -> None:
    assert messages_in("sendmediagroup", given) == messages


async def test_a_send_that_waits_is_answered_late_and_recorded_so(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    await client.set_limits(LimitRules(chat_per_second=20, chat_burst=1))
    for text in ("a", "b"):
        assert (await bot("sendMessage", chat_id=person, text=text)).status == 200
    first, second = (await client.record()).rows
    assert first.absorbed_ms is None
    assert second.absorbed_ms is not None
    assert (second.completed_ms or 0) - second.arrived_ms >= second.absorbed_ms > 0


async def test_a_send_that_would_wait_too_long_is_refused_with_a_retry_after(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    await client.set_limits(LimitRules(chat_per_second=0.02, chat_burst=1))
    await bot("sendMessage", chat_id=person, text="a")
    answer = await bot("sendMessage", chat_id=person, text="b")
    assert answer.refusal == (429, "Too Many Requests: retry after 50")
    assert (answer.retry_after, answer.content["parameters"]) == ("50", {"retry_after": 50})


async def test_a_waiting_send_arrives_even_if_its_client_leaves(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    await client.set_limits(LimitRules(chat_per_second=4, chat_burst=1))
    await bot("sendMessage", chat_id=person, text="a")
    impatient = asyncio.create_task(bot("sendMessage", chat_id=person, text="b"))
    await client.open_requests()
    impatient.cancel()
    message = await client.next_message("shop_bot", person, after=2)
    assert message is not None
    assert message.text == "b"
    row = (await client.record()).rows[-1]
    assert (row.text, row.broken_off, row.ok, row.message_id) == ("b", "client", True, 3)


async def test_limits_can_be_read_and_changed(client: SandboxClient) -> None:
    (bot, _) = await client.bots()
    assert (await client.limits()).rules == UNLIMITED
    changed = await client.set_limits(LimitRules(bot_per_second=5), bot="shop_bot")
    assert changed.bots == {str(bot.id): LimitRules(bot_per_second=5)}
    assert (await client.set_limits(BOT_ONLY)).bots == {}
