"""An exchange: one request and what came of it, from its arrival until its row is written.

While it stands open each stage of the call adds its own result, once: what was asked, which fault struck, what was
done, how it ended. A row is made of the whole at the end, and never changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.sandbox.bot_api.parameters import Parameters, integer, text
from bench.sandbox.bot_api.response import Answer
from bench.sandbox.bot_api.uploads import Upload
from bench.sandbox.protocol import Row
from bench.sandbox.world.objects import Message


class Asked(NamedTuple):
    """What is kept of a call's parameters; `given` has the names of files in their place."""

    chat_id: int | None = None
    text: str | None = None
    offset: int | None = None
    uploads: int = 0
    given: Parameters = {}  # noqa: RUF012 - a field of a tuple, never changed


class Done(NamedTuple):
    """What the work came to: the answer, the messages that it sent or edited, and the updates that it handed out."""

    answer: Answer
    messages: Sequence[Message] = ()
    updates: int | None = None
    absorbed_ms: int | None = None


class Ended(NamedTuple):
    completed_ms: int
    broken_off: str | None


_NOTHING = Asked()


@dataclass(slots=True, eq=False)
class Exchange:
    """`done` is missing if nothing was decided, such as for a client that left in the middle of its request."""

    seq: int
    bot_id: int
    method: str
    arrived_ms: int
    asked: Asked = _NOTHING
    fault: str | None = None
    done: Done | None = None
    ended: Ended | None = None

    def row(self) -> Row:
        done, ended = self.done, self.ended
        answer = done.answer if done else None
        return Row(
            self.seq,
            self.bot_id,
            self.method,
            self.arrived_ms,
            *self.asked[:3],
            completed_ms=ended.completed_ms if ended else None,
            ok=answer.ok if answer else None,
            error_code=None if answer is None or answer.ok else int(answer.status),
            message_id=done.messages[0].message_id if done and done.messages else None,
            updates=done.updates if done else None,
            fault=self.fault,
            broken_off=ended.broken_off if ended else None,
            absorbed_ms=done.absorbed_ms if done else None,
            uploads=self.asked.uploads,
        )


def asked_of(given: Parameters) -> Asked:
    uploads = {name: value.name for name, value in given.items() if type(value) is Upload}
    return Asked(
        integer(given, "chat_id") if "chat_id" in given else None,
        text(given, "text") or text(given, "caption") if "text" in given or "caption" in given else None,
        integer(given, "offset") if "offset" in given else None,
        len(uploads),
        {**given, **uploads} if uploads else given,
    )
