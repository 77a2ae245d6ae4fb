"""The typed client of the control port, for tests, load tests and demos."""

from collections.abc import Sequence
from http import HTTPStatus
from io import BytesIO
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec

from bench.sandbox import protocol
from bench.sandbox.people.scripts import Playing, Script

_Answer = TypeVar("_Answer")
BotName = int | str


class ControlFailedError(RuntimeError):
    """The sandbox refused a request; the message says why."""


class SandboxClient:
    """`bot` is a username or an id throughout; `wait` is in seconds."""

    def __init__(self, control_url: str) -> None:
        self._url = control_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    # Bots and people

    async def bots(self) -> list[protocol.BotInfo]:
        return await self._ask("GET", "/bots", list[protocol.BotInfo])

    async def add_bot(self, username: str | None = None) -> protocol.BotInfo:
        return await self._ask("POST", "/bots", protocol.BotInfo, protocol.NewBot(username))

    async def add_bots(self, count: int) -> list[protocol.BotInfo]:
        return await self._ask("POST", "/bots/bulk", list[protocol.BotInfo], protocol.NewBots(count))

    async def revoke_token(self, bot: BotName) -> protocol.BotInfo:
        """Revoke the bot's token and give the bot a new one."""
        return await self._ask("POST", f"/bots/{bot}/revoke", protocol.BotInfo)

    async def add_people(
        self, count: int, languages: Sequence[str] = (protocol.LANGUAGE,), names: Sequence[str] = ()
    ) -> list[protocol.PersonInfo]:
        """People take the languages and the names in turn."""
        wanted = protocol.NewPeople(count, tuple(languages), tuple(names))
        return await self._ask("POST", "/people", list[protocol.PersonInfo], wanted)

    # Acts

    async def act(self, acts: Sequence[protocol.Act]) -> list[protocol.ActResult]:
        """Do many things at once; the result of a failed one carries its `error`."""
        return await self._ask("POST", "/acts", list[protocol.ActResult], list(acts))

    async def do(self, act: protocol.Act) -> protocol.ActResult:
        """Do one thing. Raises ControlFailedError."""
        (result,) = await self.act([act])
        return _done(result)

    async def start(self, bot: BotName, person: int, payload: str = "") -> protocol.ActResult:
        return await self.do(protocol.Act("start", bot, person, payload=payload))

    async def write(self, bot: BotName, person: int, text: str) -> protocol.ActResult:
        return await self.do(protocol.Act("write", bot, person, text=text))

    async def send(
        self,
        kind: str,
        bot: BotName,
        person: int,
        content: bytes = b"",
        name: str = "",
        caption: str = "",
        album: str = "",
    ) -> protocol.ActResult:
        """Send a file of a kind such as photo or voice; without content a sample is sent."""
        words = {"bot": str(bot), "person": str(person), "name": name, "caption": caption, "album": album}
        raw = await self._request("POST", f"/acts/{kind}?{urlencode(words)}", content)
        return _done(msgspec.json.decode(raw, type=protocol.ActResult))

    async def media(self, file_unique_id: str) -> bytes:
        """Fetch the bytes of a file that a transcript names."""
        return await self._request("GET", f"/media/{file_unique_id}")

    async def edit(self, bot: BotName, person: int, text: str, message_id: int | None = None) -> protocol.ActResult:
        return await self.do(protocol.Act("edit", bot, person, text=text, message_id=message_id))

    async def tap(
        self, bot: BotName, person: int, data: str | None = None, message_id: int | None = None
    ) -> protocol.ActResult:
        return await self.do(protocol.Act("tap", bot, person, data=data, message_id=message_id))

    async def pay(self, bot: BotName, person: int, amount: int = 1, payload: str = "order") -> protocol.ActResult:
        return await self.do(protocol.Act("pay", bot, person, amount=amount, payload=payload))

    async def check_out(self, bot: BotName, person: int, amount: int = 1, payload: str = "order") -> protocol.ActResult:
        """Confirm a payment: the bot gets a pre-checkout query, and the payment is made if it answers `ok`."""
        return await self.do(protocol.Act("checkout", bot, person, amount=amount, payload=payload))

    async def vote(
        self, bot: BotName, person: int, options: Sequence[int], message_id: int | None = None
    ) -> protocol.ActResult:
        """Choose options of a poll by their positions; an empty choice takes the vote back."""
        return await self.do(protocol.Act("vote", bot, person, options=tuple(options), message_id=message_id))

    async def block(self, bot: BotName, person: int) -> protocol.ActResult:
        return await self.do(protocol.Act("block", bot, person))

    async def unblock(self, bot: BotName, person: int) -> protocol.ActResult:
        return await self.do(protocol.Act("unblock", bot, person))

    async def delete_account(self, bot: BotName, person: int) -> protocol.ActResult:
        """Delete the person's account, for all bots."""
        return await self.do(protocol.Act("delete_account", bot, person))

    # Chats

    async def transcript(self, bot: BotName, person: int) -> protocol.Transcript:
        return await self._ask("GET", f"/chats/{bot}/{person}", protocol.Transcript)

    async def next_message(
        self, bot: BotName, person: int, after: int = 0, wait: float = 10
    ) -> protocol.TranscriptMessage | None:
        """Wait for the bot's first message after the given message id; None after `wait` seconds."""
        path = f"/chats/{bot}/{person}/next?after={after}&wait={wait}"
        return await self._ask_for(path, protocol.TranscriptMessage)

    # Faults

    async def set_fault(self, fault: protocol.Fault) -> protocol.SetFault:
        return await self._ask("POST", "/faults", protocol.SetFault, fault)

    async def faults(self) -> list[protocol.SetFault]:
        return await self._ask("GET", "/faults", list[protocol.SetFault])

    async def remove_fault(self, fault_id: int) -> None:
        await self._order("DELETE", f"/faults/{fault_id}")

    async def clear_faults(self) -> None:
        await self._order("DELETE", "/faults")

    # Scripts

    async def begin_script(self, script: Script) -> Playing:
        """Have new people play it; the answer says at once who they are."""
        return await self._ask("POST", "/scripts", Playing, script)

    async def scripts(self) -> list[Playing]:
        return await self._ask("GET", "/scripts", list[Playing])

    async def script(self, number: int, wait: float = 0) -> Playing:
        """Ask how a script goes; with `wait`, answer as soon as it is over."""
        return await self._ask("GET", f"/scripts/{number}?wait={wait}", Playing)

    async def stop_script(self, number: int) -> Playing:
        return await self._ask("DELETE", f"/scripts/{number}", Playing)

    # Limits, time and numbers

    async def limits(self) -> protocol.Limits:
        return await self._ask("GET", "/limits", protocol.Limits)

    async def set_limits(self, rules: protocol.LimitRules, bot: BotName | None = None) -> protocol.Limits:
        """Set the limits of one bot or of all; they forget what was sent so far."""
        return await self._ask("PUT", "/limits" if bot is None else f"/limits/{bot}", protocol.Limits, rules)

    async def time(self) -> protocol.Time:
        return await self._ask("GET", "/time", protocol.Time)

    async def move_time(self, by_ms: int) -> protocol.Time:
        """Move the clock that dates and ages follow; waits are not shortened."""
        return await self._ask("PUT", "/time", protocol.Time, protocol.NewTime(by_ms=by_ms))

    async def set_time(self, offset_ms: int) -> protocol.Time:
        """Set how far the clock is ahead of the machine's."""
        return await self._ask("PUT", "/time", protocol.Time, protocol.NewTime(offset_ms))

    async def number_updates(self, bot: BotName, first: int) -> None:
        """Begin the numbers of a bot's updates again, as Telegram does after an idle week. None may be waiting."""
        await self._order("PUT", f"/numbers/{bot}", protocol.NewNumbers(first))

    # What happened

    async def record(self, cursor: int = 0, wait: float = 0) -> protocol.Record:
        """List the requests that ended since the cursor; of two rows with the same `seq` the later counts."""
        return await self._ask("GET", f"/record?cursor={cursor}&wait={wait}", protocol.Record)

    async def open_requests(self, count: int = 1, wait: float = 10) -> list[protocol.Row]:
        """Wait until `count` requests are open at the same time, such as polls."""
        return await self._ask("GET", f"/record/open?count={count}&wait={wait}", list[protocol.Row])

    async def counters(self) -> protocol.Counts:
        return await self._ask("GET", "/counters", protocol.Counts)

    async def violations(self) -> protocol.Violations:
        """List what the bots did that no bot should do, even if it was answered."""
        return await self._ask("GET", "/violations", protocol.Violations)

    async def acknowledgements(self, cursor: int = 0) -> protocol.Acknowledgements:
        return await self._ask("GET", f"/acknowledgements?cursor={cursor}", protocol.Acknowledgements)

    async def acknowledged_at(self, bot: BotName, update_id: int, wait: float = 10) -> int | None:
        """Return when the bot's offset passed the update or its webhook took it, in ms; None after `wait` seconds."""
        return await self._ask_for(f"/acknowledgements/{bot}/{update_id}?wait={wait}", int)

    async def webhook(self, bot: BotName, failures: int = 0, wait: float = 10) -> protocol.WebhookState:
        """Return the state of the bot's webhook, as soon as `failures` deliveries have failed."""
        return await self._ask("GET", f"/webhooks/{bot}?failures={failures}&wait={wait}", protocol.WebhookState)

    async def reset(self) -> None:
        """Forget people, scripts, chats, updates, webhooks, faults, counters and the record, and reset the clock.

        Bots, their tokens and update ids stay, and so do the limits.
        """
        await self._order("POST", "/reset")

    async def _ask(self, verb: str, path: str, kind: type[_Answer], content: Any = None) -> _Answer:
        return msgspec.json.decode(await self._order(verb, path, content), type=kind)

    async def _ask_for(self, path: str, kind: type[_Answer]) -> _Answer | None:
        """Ask for something that may be missing."""
        raw = await self._order("GET", path)
        return None if raw == b"null" else msgspec.json.decode(raw, type=kind)

    async def _order(self, verb: str, path: str, content: Any = None) -> bytes:
        return await self._request(verb, path, None if content is None else msgspec.json.encode(content))

    async def _request(self, verb: str, path: str, body: bytes | None = None) -> bytes:
        if self._session is None:
            raise ControlFailedError("open the client with `async with` before you use it")
        async with self._session.request(verb, self._url + path, data=BytesIO(body) if body else None) as answer:
            raw = await answer.read()
        if answer.status != HTTPStatus.OK:
            raise ControlFailedError(msgspec.json.decode(raw, type=protocol.ControlError).error)
        return raw


def _done(result: protocol.ActResult) -> protocol.ActResult:
    if result.error is not None:
        raise ControlFailedError(result.error)
    return result
