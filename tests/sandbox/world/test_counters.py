"""What is counted: calls by method and reason, duplicates, rates, violations; and that all of it stays bounded."""

from bench.sandbox import SandboxClient
from bench.sandbox.protocol import Violation
from bench.sandbox.world.counters import Counters, Newest, Rates
from tests.sandbox.caller import Caller


async def test_calls_are_counted_by_method_and_by_reason(bot: Caller, client: SandboxClient, person: int) -> None:
    for text in ("a", "b", "a", ""):
        await bot("sendMessage", chat_id=person, text=text)
    await bot("getMe")
    counts = await client.counters()
    (of_bot,) = counts.bots
    assert of_bot.accepted == {"sendMessage": 3, "getMe": 1}
    assert of_bot.rejected == {"Bad Request: message text is empty": 1}
    assert (counts.accepted, counts.rejected, counts.messages, counts.duplicates) == (4, 1, 3, 1)


async def test_a_reset_clears_the_counters(bot: Caller, client: SandboxClient) -> None:
    await bot("getMe")
    await client.reset()
    assert (await client.counters()).bots == []


def test_a_reason_is_kept_without_its_numbers() -> None:
    counters = Counters()
    for seconds in (1, 35):
        counters.rejected(7, f"Too Many Requests: retry after {seconds}")
    assert counters.counts().bots[0].rejected == {"Too Many Requests: retry after N": 2}


def test_the_same_text_to_another_chat_is_not_a_duplicate() -> None:
    counters = Counters()
    for bot, chat, text in ((7, 1, "a"), (7, 2, "a"), (8, 1, "a"), (7, 1, "b"), (7, 1, "a")):
        counters.sent(bot, chat, text, 0)
    assert [(one.bot_id, one.messages, one.duplicates) for one in counters.counts().bots] == [(7, 4, 1), (8, 1, 0)]


def test_the_highest_rate_is_that_of_any_second() -> None:
    counters = Counters()
    for chat, now_ms in ((1, 0), (2, 900), (2, 950), (1, 1000), (1, 5000)):
        counters.sent(7, chat, now_ms, now_ms)
    (of_bot,) = counters.counts().bots
    assert (of_bot.highest_per_second, of_bot.highest_per_second_in_a_chat) == (3, 2)
    assert of_bot.fast_chats == {"2": 2}


def test_a_violation_is_listed_once_and_counted_each_time() -> None:
    counters = Counters(listed=1)
    for method in ("sendMessage", "sendMessage", "getMe"):
        counters.violation(7, method, "Parameter foo is unknown")
    found = counters.violations()
    assert found.count == 3
    assert found.listed == [Violation(7, "sendMessage", "Parameter foo is unknown", 2)]


def test_an_unmodelled_call_is_counted_by_method() -> None:
    counters = Counters()
    counters.unmodelled(7, "sendDice")
    assert counters.counts().unmodelled == 1
    assert counters.counts().bots[0].unmodelled == {"sendDice": 1}


def test_reasons_beyond_the_bound_are_counted_together() -> None:
    counters = Counters(listed=2)
    for letter in "abcda":
        counters.rejected(7, letter)
    assert counters.counts().bots[0].rejected == {"a": 2, "b": 1, "other": 2}


def test_only_the_newest_hashes_are_kept() -> None:
    newest = Newest(10)
    assert not any(newest.seen(number) for number in range(100))
    assert all(newest.seen(number) for number in range(90, 100))
    assert not newest.seen(0)
    assert len(newest._young) + len(newest._old) <= 20


def test_rates_hold_no_more_than_the_last_seconds_and_their_bound() -> None:
    rates = Rates(3)
    for second in range(50):
        for _ in range(2):
            rates.add(second, second * 1000)
    assert rates.highest == {0: 2, 1: 2, 2: 2}
    assert len(rates._young) + len(rates._old) <= 2


def test_a_rate_of_a_chat_counts_any_second_across_turns() -> None:
    rates = Rates(9)
    for now_ms in (500, 900, 1450, 1899, 2000, 5000, 5999, 6000):
        rates.add(7, now_ms)
    assert rates.highest == {7: 3}
