"""The control port: JSON in, JSON out. Its language is in `protocol`, its client in `client`.

The port itself waits, for up to `wait` seconds, so that clients need not poll.
"""

from collections.abc import Callable, Iterable

from aiohttp import web

from bench.sandbox import protocol
from bench.sandbox.bot_api.faults import Faults
from bench.sandbox.bot_api.methods import CANONICAL
from bench.sandbox.bot_api.methods.downloads import DOWNLOAD
from bench.sandbox.bot_api.request_log import RequestLog
from bench.sandbox.change_signal import ChangeSignal
from bench.sandbox.control.json_routes import answer, body, errors_as_json, number, path_number, wait
from bench.sandbox.control.origin_guard import welcome_only
from bench.sandbox.people.actions import perform
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.conversation import Conversation, Person
from bench.sandbox.world.state import State
from bench.sandbox.world.transcript import next_from_bot, transcribed, transcript_of

_BIGGEST_BODY = 64 * 1024 * 1024


class Control:
    """`forget` is what else a reset calls."""

    def __init__(
        self,
        state: State,
        faults: Faults,
        log: RequestLog,
        signal: ChangeSignal,
        clock: Callable[[], int],
        forget: Iterable[Callable[[], None]],
    ) -> None:
        self._state = state
        self._faults = faults
        self._log = log
        self._signal = signal
        self._clock = clock
        self._forget = forget

    def application(self) -> web.Application:
        application = web.Application(middlewares=[errors_as_json, welcome_only], client_max_size=_BIGGEST_BODY)
        application.add_routes(
            [
                web.get("/bots", self._list_bots),
                web.post("/bots", self._add_bot),
                web.post("/bots/bulk", self._add_bots),
                web.post("/bots/{bot}/revoke", self._revoke_token),
                web.post("/people", self._add_people),
                web.post("/acts", self._act),
                web.get("/chats/{bot}/{person}", self._transcript),
                web.get("/chats/{bot}/{person}/next", self._next_message),
                web.get("/faults", self._list_faults),
                web.post("/faults", self._set_fault),
                web.delete("/faults", self._clear_faults),
                web.delete("/faults/{fault}", self._remove_fault),
                web.get("/record", self._record),
                web.get("/record/open", self._open_requests),
                web.get("/counters", self._counters),
                web.get("/violations", self._violations),
                web.get("/acknowledgements", self._acknowledgements),
                web.get("/acknowledgements/{bot}/{update}", self._acknowledgement),
                web.get("/webhooks/{bot}", self._webhook),
                web.post("/reset", self._reset),
            ],
        )
        return application

    # Bots and people

    async def _list_bots(self, _: web.Request) -> web.Response:
        return answer([bot_info(bot) for bot in self._state.bots.values()])

    async def _add_bot(self, request: web.Request) -> web.Response:
        wanted = await body(request, protocol.NewBot)
        return answer(bot_info(self._state.add_bot(wanted.username)))

    async def _add_bots(self, request: web.Request) -> web.Response:
        wanted = await body(request, protocol.NewBots)
        return answer([bot_info(self._state.add_bot()) for _ in range(wanted.count)])

    async def _revoke_token(self, request: web.Request) -> web.Response:
        bot = self._bot(request)
        self._state.revoke_token(bot)
        return answer(bot_info(bot))

    async def _add_people(self, request: web.Request) -> web.Response:
        wanted = await body(request, protocol.NewPeople)
        people = self._state.add_people(wanted.count, wanted.languages, wanted.names)
        return answer([person_info(person) for person in people])

    async def _act(self, request: web.Request) -> web.Response:
        acts = await body(request, list[protocol.Act])
        now_ms = self._clock()
        results = [perform(self._state, act, now_ms) for act in acts]
        self._signal.notify()
        return answer(results)

    # Chats

    async def _transcript(self, request: web.Request) -> web.Response:
        conversation = self._conversation(request)
        return answer(transcript_of(conversation, conversation.messages.values(), self._clock()))

    async def _next_message(self, request: web.Request) -> web.Response:
        """Answer the bot's first message after the given one."""
        conversation, after = self._conversation(request), number(request, "after")
        found = await self._signal.until(lambda: next_from_bot(conversation, after), wait(request))
        return answer(found and transcribed(found))

    # Faults

    async def _list_faults(self, _: web.Request) -> web.Response:
        return answer(self._faults.listed())

    async def _set_fault(self, request: web.Request) -> web.Response:
        fault = await body(request, protocol.Fault)
        _require_known(fault.method)
        bot_id = None if fault.bot is None else self._state.bot_named(str(fault.bot)).id
        return answer(self._faults.add(fault, bot_id))

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._faults.clear()
        return answer(None)

    async def _remove_fault(self, request: web.Request) -> web.Response:
        self._faults.remove(path_number(request, "fault"))
        return answer(None)

    # What happened

    async def _record(self, request: web.Request) -> web.Response:
        """Answer the rows from the cursor on; with `wait`, as soon as there is one."""
        cursor = number(request, "cursor")
        await self._signal.until(lambda: self._log.reaches(cursor) or None, wait(request))
        return answer(self._log.since(cursor))

    async def _open_requests(self, request: web.Request) -> web.Response:
        """Answer the open requests, as soon as there are `count`."""
        count = number(request, "count")
        await self._signal.until(lambda: self._log.open_count >= count or None, wait(request))
        return answer(self._log.open)

    async def _counters(self, _: web.Request) -> web.Response:
        return answer(self._state.counters.counts())

    async def _violations(self, _: web.Request) -> web.Response:
        return answer(self._state.counters.violations())

    async def _acknowledgements(self, request: web.Request) -> web.Response:
        cursor = number(request, "cursor")
        ring = self._state.acknowledgements
        rows = [protocol.Acknowledged(*one) for one in ring.since(cursor)]
        return answer(protocol.Acknowledgements(ring.cursor, rows, ring.lost_since(cursor)))

    async def _acknowledgement(self, request: web.Request) -> web.Response:
        """Answer when an update was acknowledged; null if that does not happen within `wait`."""
        bot, update_id = self._bot(request), path_number(request, "update")
        found = await self._signal.until(lambda: bot.acknowledged.get(update_id), wait(request))
        return answer(found)

    async def _webhook(self, request: web.Request) -> web.Response:
        """Answer the state of the webhook, as soon as `failures` deliveries have failed."""
        bot, failures = self._bot(request), number(request, "failures")
        await self._signal.until(lambda: webhook_state(bot).failures >= failures or None, wait(request))
        return answer(webhook_state(bot))

    async def _reset(self, _: web.Request) -> web.Response:
        self._state.forget_chats()
        self._faults.clear()
        self._log.forget()
        self._state.counters.forget()
        for forget in self._forget:
            forget()
        self._signal.notify()
        return answer(None)

    def _bot(self, request: web.Request) -> Bot:
        return self._state.bot_named(request.match_info["bot"])

    def _conversation(self, request: web.Request) -> Conversation:
        return self._state.conversation(self._bot(request), path_number(request, "person"))


def bot_info(bot: Bot) -> protocol.BotInfo:
    return protocol.BotInfo(bot.id, bot.user.username, bot.token)


def webhook_state(bot: Bot) -> protocol.WebhookState:
    hook = bot.webhook
    if hook is None:
        return protocol.WebhookState("", len(bot.updates), 0, 0)
    return protocol.WebhookState(hook.url, len(bot.updates), hook.in_flight, hook.failures)


def person_info(person: Person) -> protocol.PersonInfo:
    user = person.user
    return protocol.PersonInfo(user.id, user.first_name, user.username or "", user.language_code or "")


def _require_known(method: str | None) -> None:
    """Refuse a misspelt method: such a fault would silently never strike."""
    if method is not None and method.lower() not in CANONICAL and method not in {protocol.DELIVERY, DOWNLOAD}:
        raise ValueError(f"there is no method {method}: give one of the Bot API, {protocol.DELIVERY} or {DOWNLOAD}")
