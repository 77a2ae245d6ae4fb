"""A person who opts out gets no more reminders and one line that confirms it, and can undo it."""

from engine.receiver.reply_texts import texts_for
from tests.flows.house import BOT, House

LINES = texts_for("pt-br")
AGAIN = ["first", "second", "third"]


async def test_a_command_ends_the_reminders_and_a_tap_undoes_it(house: House) -> None:
    person = await house.someone()
    await house.delivery(person, "two", "sent")
    await house.people.write(BOT, person, "/stop")
    assert await house.ended(person) == ["opted_out"]
    last = (await house.people.transcript(BOT, person)).messages[-1]
    await house.people.next_message(BOT, person, last.message_id if not last.from_bot else 0)
    await house.people.tap(BOT, person)
    assert await house.ended(person, 2) == ["opted_out", "completed"]
    assert await house.told(person) == ["first", "second", LINES.undone, *AGAIN]


async def test_a_person_who_opted_out_and_writes_again_gets_no_reminder(house: House) -> None:
    person, other = await house.someone(), await house.someone()
    await house.people.write(BOT, person, "/stopreminders")
    await house.people.write(BOT, person, "just a question")
    assert await house.ended(other) == ["completed"]
    assert await house.told(person) == [LINES.stopped]
