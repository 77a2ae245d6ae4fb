"""One story for each rule of the protocol: with the rule every promise is kept, without it one is broken."""

from tests.model.world import World

CHAT = 1


async def the_answer_to_a_send_is_never_heard(world: World) -> None:
    """The message left, the poller is killed; the next one must not send it again."""
    await _fall_silent(world)
    await world.claim()
    await world.run(world.journeys[0], "answer")
    await world.die(world.journeys[0])
    await world.come_to_rest()


async def a_slow_poller_wakes_up_during_a_send(world: World) -> None:
    """Its lease has lapsed: another poller has sent, and waits for the answer."""
    await _fall_silent(world)
    await world.claim()
    slow = world.journeys[0]
    await world.run(slow, "claim")
    await world.pass_time(3_100)
    await world.claim()
    quick = world.journeys[1]
    await world.run(quick, "answer")
    await world.run(slow)
    await world.run(quick)
    await world.come_to_rest()


async def somebody_answers_while_a_send_waits_its_turn(world: World) -> None:
    await _fall_silent(world)
    await world.claim()
    await world.run(world.journeys[0], "pass")
    await world.pass_time(1_000)
    await world.sign(CHAT)
    await world.run(world.journeys[0])
    await world.come_to_rest()


async def a_poller_dies_between_its_two_last_writes(world: World) -> None:
    """Only one of Redis and PostgreSQL knows that the message was sent."""
    await _fall_silent(world)
    await world.claim()
    journey = world.journeys[0]
    await world.run(journey, "answer")
    await world.step(journey)
    await world.step(journey)
    await world.die(journey)
    await world.come_to_rest()


async def somebody_answers_between_two_steps(world: World) -> None:
    await _fall_silent(world)
    await world.claim()
    await world.run(world.journeys[0])
    await world.pass_time(500)
    await world.sign(CHAT)
    await world.flush()
    await world.check()
    await world.come_to_rest()


async def a_silence_is_not_yet_long_enough(world: World) -> None:
    await world.sign(CHAT)
    await world.pass_time(500)
    await world.claim()
    for journey in list(world.journeys):
        await world.run(journey)
    await world.come_to_rest()


async def _fall_silent(world: World) -> None:
    await world.sign(CHAT)
    await world.pass_time(2_000)
