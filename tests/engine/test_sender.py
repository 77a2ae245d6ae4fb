"""What comes of a send, against the sandbox's fault of that name: each a value, never an exception."""

from collections.abc import AsyncIterator

import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.wire import Fault, FaultKind
from engine.core.content import Text
from engine.core.outcome import Outcome, Rejected, RetryLater, Sent, Unauthorized, Unknown, Unreachable
from engine.sender import Sender

NOBODY = "1:nobody-has-this-token-nobody-has-it"


class Stage:
    """A sandbox, a person who has started its bot, and the sender."""

    def __init__(self, sandbox: Sandbox, people: SandboxClient, person: int) -> None:
        self.people = people
        self.person = person
        self.token = sandbox.bots[0].token
        self.sender = Sender(sandbox.api_url)

    async def send(self, text: str = "hello", attempts: int = 1) -> Outcome:
        return await self.sender.send(self.token, self.person, Text(text), attempts)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Sandbox(bots=1) as sandbox, SandboxClient(sandbox.control_url) as people:
        (person,) = await people.add_people(1)
        await people.start("shop_bot", person.id)
        stage = Stage(sandbox, people, person.id)
        yield stage
        await stage.sender.close()


async def test_an_accepted_message_is_sent_with_its_id(stage: Stage) -> None:
    outcome = await stage.send("<b>hello</b>")
    transcript = await stage.people.transcript("shop_bot", stage.person)
    assert outcome == Sent((transcript.messages[-1].message_id,))


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(FaultKind.TOO_MANY_REQUESTS, retry_after=7), RetryLater(7_000, bot_wide=True)),
        (Fault(FaultKind.BLOCKED), Unreachable()),
        (Fault(FaultKind.BAD_REQUEST), Rejected("Bad Request: message is too long")),
        (Fault(FaultKind.UNAUTHORIZED), Unauthorized()),
        (Fault(FaultKind.INTERNAL_ERROR), RetryLater(2_000, bot_wide=False)),
        (Fault(FaultKind.BAD_GATEWAY), Unknown("ClientDecodeError")),
        (Fault(FaultKind.ACCEPT_THEN_DROP), Unknown("TelegramNetworkError")),
        (Fault(FaultKind.DROP_BEFORE_ACCEPT), Unknown("TelegramNetworkError")),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
async def test_a_fault_becomes_an_outcome(stage: Stage, fault: Fault, outcome: Outcome) -> None:
    await stage.people.set_fault(fault)
    assert await stage.send(attempts=2) == outcome


async def test_a_person_unknown_to_the_bot_is_unreachable(stage: Stage) -> None:
    assert await stage.sender.send(stage.token, 1, Text("hello"), 1) == Unreachable()


async def test_broken_html_is_rejected(stage: Stage) -> None:
    assert isinstance(await stage.send("<b>hello"), Rejected)


async def test_a_connection_that_was_never_made_surely_sent_nothing() -> None:
    sender = Sender("http://127.0.0.1:1")
    assert await sender.send(NOBODY, 1, Text("hello"), 1) == RetryLater(1_000, bot_wide=False)
    await sender.close()


async def test_a_token_is_asked_after(stage: Stage) -> None:
    assert await stage.sender.is_authorized(stage.token) is True
    assert await stage.sender.is_authorized(NOBODY) is False
    await stage.people.set_fault(Fault(FaultKind.BAD_GATEWAY))
    assert await stage.sender.is_authorized(stage.token) is None
