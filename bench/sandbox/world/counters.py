"""The totals of a run: accepted and rejected calls, duplicates, rates, and violations. Pure.

The counters stay small however long the run is: reasons are kept without their numbers, duplicates are found by the
hashes of the newest messages, rates by the sends of the last second, and beyond a bound things are only counted.
"""

import re
from collections import Counter, deque
from collections.abc import Hashable

from bench.sandbox.protocol import BotCounts, Counts, Violation, Violations

_SECOND_MS = 1000
_LISTED = 1000
_REMEMBERED = 1_000_000
_OTHER = "other"
_NUMBER = re.compile(r"\d+")


class Rate:
    """The highest number of events within any second."""

    __slots__ = ("_times", "highest")

    def __init__(self) -> None:
        self.highest = 0
        self._times: deque[int] = deque()

    def add(self, now_ms: int) -> int:
        """Return the highest rate so far."""
        times = self._times
        times.append(now_ms)
        while times[0] <= now_ms - _SECOND_MS:
            times.popleft()
        self.highest = max(self.highest, len(times))
        return self.highest


class Rates:
    """The same for many keys. A key that comes twice within a second gets a rate; others are forgotten after two."""

    def __init__(self, most: int) -> None:
        self.highest: dict[int, int] = {}
        self._most = most
        self._turned_ms = 0
        # The time of a key's last event, or its rate.
        self._young: dict[int, int | Rate] = {}
        self._old: dict[int, int | Rate] = {}

    def add(self, key: int, now_ms: int) -> None:
        if now_ms - self._turned_ms >= _SECOND_MS:
            self._young, self._old, self._turned_ms = {}, self._young, now_ms
        last = self._young.get(key)
        if last is None:
            last = self._old.get(key)
        if last is None or (type(last) is int and now_ms - last >= _SECOND_MS):
            self._young[key] = now_ms
        else:
            self._young[key] = self._again(key, last, now_ms)

    def _again(self, key: int, last: int | Rate, now_ms: int) -> Rate:
        if isinstance(last, int):
            first_ms, last = last, Rate()
            last.add(first_ms)
        highest = last.add(now_ms)
        if highest > 1 and (key in self.highest or len(self.highest) < self._most):
            self.highest[key] = max(highest, self.highest.get(key, 0))
        return last


class Newest:
    """Remembers the newest hashes: at least `most` of them, and at most twice as many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._young: set[int] = set()
        self._old: set[int] = set()

    def seen(self, key: int) -> bool:
        """Remember it, and say whether it was known."""
        if key in self._young or key in self._old:
            return True
        if len(self._young) >= self._most:
            self._young, self._old = set(), self._young
        self._young.add(key)
        return False


class _BotCounters:
    def __init__(self, listed: int) -> None:
        self.rate = Rate()
        self.chats = Rates(listed)
        self.accepted: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.unmodelled: Counter[str] = Counter()
        self.messages = 0
        self.duplicates = 0
        self.violations = 0


class Counters:
    """`listed` bounds each list, `remembered` the messages among which duplicates are found."""

    def __init__(self, listed: int = _LISTED, remembered: int = _REMEMBERED) -> None:
        self._listed = listed
        self._remembered = remembered
        self.forget()

    def forget(self) -> None:
        self._bots: dict[int, _BotCounters] = {}
        self._violations: Counter[tuple[int, str, str]] = Counter()
        self._messages = Newest(self._remembered)

    def accepted(self, bot_id: int, method: str) -> None:
        self._bot(bot_id).accepted[method] += 1

    def rejected(self, bot_id: int, description: str) -> None:
        """Count a refusal by its reason, without the numbers in it."""
        reasons = self._bot(bot_id).rejected
        reason = _NUMBER.sub("N", description)
        reasons[reason if reason in reasons or len(reasons) < self._listed else _OTHER] += 1

    def sent(self, bot_id: int, chat_id: int, content: Hashable, now_ms: int) -> None:
        """Count a message of a bot; `content` is what a person sees of it."""
        bot = self._bot(bot_id)
        bot.messages += 1
        bot.duplicates += self._messages.seen(hash((bot_id, chat_id, content)))
        bot.rate.add(now_ms)
        bot.chats.add(chat_id, now_ms)

    def violation(self, bot_id: int, method: str, what: str) -> None:
        """Count something that no bot should do, even if Telegram lets it pass; `what` is a sentence."""
        self._bot(bot_id).violations += 1
        key = (bot_id, method, what)
        if key in self._violations or len(self._violations) < self._listed:
            self._violations[key] += 1

    def unmodelled(self, bot_id: int, method: str) -> None:
        """Count a call of a method that is answered but not modelled."""
        self._bot(bot_id).unmodelled[method] += 1

    def violations(self) -> Violations:
        """The number of all, and a list of the first kinds."""
        listed = [Violation(*key, count) for key, count in self._violations.items()]
        return Violations(sum(bot.violations for bot in self._bots.values()), listed)

    def counts(self) -> Counts:
        bots = [self._counts_of(bot_id, bot) for bot_id, bot in self._bots.items()]
        return Counts(
            accepted=sum(sum(bot.accepted.values()) for bot in bots),
            rejected=sum(sum(bot.rejected.values()) for bot in bots),
            messages=sum(bot.messages for bot in bots),
            duplicates=sum(bot.duplicates for bot in bots),
            violations=sum(bot.violations for bot in bots),
            unmodelled=sum(sum(bot.unmodelled.values()) for bot in bots),
            bots=bots,
        )

    def _counts_of(self, bot_id: int, bot: _BotCounters) -> BotCounts:
        chats = {str(chat): rate for chat, rate in bot.chats.highest.items()}
        return BotCounts(
            bot_id,
            accepted=dict(bot.accepted),
            rejected=dict(bot.rejected),
            unmodelled=dict(bot.unmodelled),
            messages=bot.messages,
            duplicates=bot.duplicates,
            violations=bot.violations,
            highest_per_second=bot.rate.highest,
            highest_per_second_in_a_chat=max(chats.values(), default=min(1, bot.messages)),
            fast_chats=chats,
        )

    def _bot(self, bot_id: int) -> _BotCounters:
        found = self._bots.get(bot_id)
        if found is None:
            found = self._bots[bot_id] = _BotCounters(self._listed)
        return found
