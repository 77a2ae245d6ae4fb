"""The control port's language: what is sent and what is answered, with one struct for both ends."""

import msgspec

from bench.sandbox.protocol.chats import (
    CastBot,
    CastPerson,
    Command,
    EngineView,
    Snapshot,
    Tap,
    Transcript,
    TranscriptMedia,
    TranscriptMessage,
    Unmodelled,
)
from bench.sandbox.protocol.conditions import (
    DELIVERY,
    Fault,
    FaultKind,
    LimitRules,
    Limits,
    NewTime,
    SetFault,
    Time,
)
from bench.sandbox.protocol.people import (
    LANGUAGE,
    Act,
    ActResult,
    BotInfo,
    Deed,
    FirstName,
    LanguageCode,
    NewBot,
    NewBots,
    NewPeople,
    PersonInfo,
)
from bench.sandbox.protocol.record import (
    Acknowledged,
    Acknowledgements,
    BotCounts,
    Counts,
    Exchanged,
    Record,
    Row,
    Violation,
    Violations,
    WebhookState,
)

__all__ = [
    "DELIVERY",
    "LANGUAGE",
    "Acknowledged",
    "Acknowledgements",
    "Act",
    "ActResult",
    "BotCounts",
    "BotInfo",
    "CastBot",
    "CastPerson",
    "Command",
    "ControlError",
    "Counts",
    "Deed",
    "EngineView",
    "Exchanged",
    "Fault",
    "FaultKind",
    "FirstName",
    "LanguageCode",
    "LimitRules",
    "Limits",
    "NewBot",
    "NewBots",
    "NewPeople",
    "NewTime",
    "PersonInfo",
    "Record",
    "Row",
    "SetFault",
    "Snapshot",
    "Tap",
    "Time",
    "Transcript",
    "TranscriptMedia",
    "TranscriptMessage",
    "Unmodelled",
    "Violation",
    "Violations",
    "WebhookState",
]


class ControlError(msgspec.Struct, frozen=True):
    error: str
