"""How much work may be under way: per admin, for all strangers, and in the memory."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest
from aiogram.types import Message, Update

from bot.framework import callbacks, intake
from bot.framework.admission import Admission
from bot.framework.callbacks import Holder, Press
from bot.framework.intake import FEW_EACH, MOST_EACH, MOST_STRANGERS, STRANGERS_AT_ONCE, Intake
from bot.framework.known_admins import KnownAdmins
from bot.framework.sender import Sender
from bot.framework.strangers import MOST_TRIES, Strangers
from engine.administration import invitations
from engine.telegram.raw_updates import Label
from storage.redis.client import open_redis

OWNER, GUEST, MANAGER = 1, 2, 99
KEY = b"k" * 32


class Work:
    """Handles updates once it is opened, and keeps count."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.begun: list[int] = []
        self.said: list[str | None] = []
        self.done: list[int] = []
        self.told: list[tuple[int, int]] = []

    async def handle(self, update: Update) -> None:
        event = update.message or update.callback_query
        assert event
        assert event.from_user
        self.begun.append(event.from_user.id)
        self.said.append(event.text if isinstance(event, Message) else event.data)
        await self.gate.wait()
        self.done.append(event.from_user.id)

    async def tell(self, sender: Sender, count: int) -> None:
        self.told.append((sender.person, count))

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():  # noqa: ASYNC110 - what was handled is the signal
                await asyncio.sleep(0)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def taking(work: Work, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Intake]:
    async def nobody() -> frozenset[int]:
        return frozenset()

    monkeypatch.setattr(intake, "REST_S", 0.0)
    admission = Admission(KnownAdmins(frozenset({OWNER}), nobody), [KEY], MANAGER, Strangers())
    opened = Intake(admission, work.handle, work.tell, {})
    yield opened
    work.gate.set()
    await opened.finish()


def write(taking: Intake, person: int, text: str = "hi") -> None:
    taking.take(
        b'{"update_id":1,"message":{"message_id":1,"date":1,"text":"%s",'
        b'"chat":{"id":%d,"type":"private"},"from":{"id":%d,"is_bot":false,"first_name":"x"}}}'
        % (text.encode(), person, person),
        Label(1, "message"),
    )


def tap(taking: Intake, person: int, data: str) -> None:
    taking.take(
        b'{"update_id":1,"callback_query":{"id":"1","chat_instance":"1","data":"%s",'
        b'"message":{"message_id":1,"date":0,"chat":{"id":%d,"type":"private"}},'
        b'"from":{"id":%d,"is_bot":false,"first_name":"x"}}}' % (data.encode(), person, person),
        Label(1, "callback_query"),
    )


async def test_an_admin_is_handled_while_strangers_hold_their_part(taking: Intake, work: Work) -> None:
    for stranger in range(1_000, 3_000):
        write(taking, stranger)
    write(taking, OWNER)
    await work.until(lambda: OWNER in work.begun)
    assert len(work.begun) == STRANGERS_AT_ONCE + 1
    work.gate.set()
    await work.until(lambda: len(work.done) == MOST_STRANGERS + 1)


async def test_a_stranger_who_found_no_room_may_write_again(taking: Intake, work: Work) -> None:
    for stranger in range(1_000, 1_000 + MOST_STRANGERS):
        write(taking, stranger)
    write(taking, GUEST)
    work.gate.set()
    await work.until(lambda: len(work.done) == MOST_STRANGERS)
    write(taking, GUEST)
    await work.until(lambda: GUEST in work.done)


async def test_one_stranger_who_writes_and_taps_without_a_pause_is_handled_once(taking: Intake, work: Work) -> None:
    work.gate.set()
    for _ in range(500):
        write(taking, GUEST)
        tap(taking, GUEST, "recovery:" + "A" * 55)
        write(taking, GUEST, "/help")
    write(taking, OWNER)
    await work.until(lambda: OWNER in work.done)
    assert Counter(work.done)[GUEST] == 1


async def test_the_updates_of_one_admin_are_bounded_and_they_are_told(taking: Intake, work: Work) -> None:
    """The newest is what they wait for: it is handled all the same."""
    for number in range(MOST_EACH + 50):
        (write if number % 2 else tap)(taking, OWNER, str(number))
    await work.until(lambda: len(work.begun) == MOST_EACH)
    work.gate.set()
    await work.until(lambda: bool(work.told))
    assert work.told == [(OWNER, 49)]
    assert work.said == [*map(str, range(MOST_EACH)), str(MOST_EACH + 49)]
    write(taking, OWNER)
    await work.until(lambda: len(work.done) == MOST_EACH + 2)
    await taking.finish()
    assert work.told == [(OWNER, 49)]
    memory = (taking._of_each, taking._beyond, taking._at_work)
    assert not any(memory), "an idle person leaves the memory"


async def test_one_update_too_many_only_comes_later(taking: Intake, work: Work) -> None:
    for number in range(MOST_EACH + 1):
        tap(taking, OWNER, str(number))
    work.gate.set()
    await taking.finish()
    assert work.said == [*map(str, range(MOST_EACH + 1))]
    assert work.told == []


async def test_what_comes_while_an_admin_is_told_is_handled_too(
    taking: Intake, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All the others are done before the one that tells: it has to look again."""

    async def tell(sender: Sender, count: int) -> None:
        await work.tell(sender, count)
        if len(work.told) == 1:
            for number in range(MOST_EACH):
                tap(taking, OWNER, f"again {number}")
            await work.until(lambda: taking._of_each[OWNER] == 1)

    monkeypatch.setattr(taking, "_tell", tell)
    work.gate.set()
    for _ in range(MOST_EACH + 2):
        tap(taking, OWNER, "x")
    await work.until(lambda: not taking._at_work)
    assert work.said[-1] == f"again {MOST_EACH - 1}"
    assert not taking._beyond


async def test_admins_who_flood_shut_out_no_other_admin(
    work: Work, taking: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MANY_AT_WORK", MOST_EACH)
    taking._admission.meet(GUEST)
    for _ in range(2 * MOST_EACH):
        write(taking, GUEST)
    for _ in range(2 * FEW_EACH):
        write(taking, OWNER)
    await work.until(lambda: Counter(work.begun) == {GUEST: MOST_EACH, OWNER: FEW_EACH})
    work.gate.set()
    await work.until(lambda: len(work.told) == 2)
    assert sorted(work.told) == [(OWNER, FEW_EACH - 1), (GUEST, MOST_EACH - 1)]


async def test_what_we_signed_for_a_person_comes_first(taking: Intake, work: Work, redis_url: str) -> None:
    """And nothing else does: no other person's button, no changed one, no guessed invitation."""
    async with open_redis(redis_url) as redis:
        word = await invitations.invite(redis, [KEY], 5, "editor", OWNER)
    for stranger in range(1_000, 3_000):
        write(taking, stranger)
    button = callbacks.mint(KEY, Press(1), Holder(MANAGER, GUEST, GUEST), 0)
    tap(taking, 3, button)
    tap(taking, GUEST, button[:-1] + ("A" if button[-1] != "A" else "B"))
    write(taking, 4, "/start " + word[:-2])
    write(taking, 5, f"/start {word}")
    tap(taking, GUEST, button)
    await work.until(lambda: {GUEST, 5} <= set(work.begun))
    assert not {3, 4} & set(work.begun)
    assert Counter(work.begun)[GUEST] == 1


async def invite(redis_url: str) -> str:
    async with open_redis(redis_url) as redis:
        return await invitations.invite(redis, [KEY], 5, "editor", OWNER)


async def handled(taking: Intake, work: Work) -> int:
    """How many updates of the guest are handled, once nothing is under way."""
    await work.until(lambda: not (taking._of_each or taking._strangers._tasks))
    return Counter(work.done)[GUEST]


async def test_guesses_get_the_one_answer_of_the_hour(taking: Intake, work: Work, redis_url: str) -> None:
    """And they take no turn of a genuine invitation."""
    work.gate.set()
    for number in range(50):
        write(taking, GUEST, f"/start guess{number}")
        write(taking, GUEST, "/start")
    assert await handled(taking, work) == 1
    write(taking, GUEST, f"/start {await invite(redis_url)}")
    assert await handled(taking, work) == 2


async def test_a_person_may_bring_an_invitation_a_few_times_an_hour(taking: Intake, work: Work, redis_url: str) -> None:
    work.gate.set()
    word = await invite(redis_url)
    for _ in range(10 * MOST_TRIES):
        write(taking, GUEST, f"/start {word}")
    assert await handled(taking, work) == MOST_TRIES


async def test_old_buttons_of_somebody_who_was_removed_bring_little_work(
    taking: Intake, work: Work, redis_url: str
) -> None:
    """And they take no turn of an invitation that brings the person back."""
    work.gate.set()
    for number in range(10 * MOST_TRIES):
        tap(taking, GUEST, callbacks.mint(KEY, Press(number), Holder(MANAGER, GUEST, GUEST), 0))
    assert await handled(taking, work) == MOST_TRIES
    write(taking, GUEST, f"/start {await invite(redis_url)}")
    assert await handled(taking, work) == MOST_TRIES + 1
