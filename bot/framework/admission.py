"""Who comes first, who waits, and who gets silence: decided before any query, from what is in memory.

An admin comes first, and so does whoever brings what we have signed for them: a button, or an invitation. No right
follows from that. Anybody else is a stranger, who gets one answer an hour.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from bot.framework import callbacks
from bot.framework.callbacks import Holder
from bot.framework.known_admins import KnownAdmins
from bot.framework.sender import Sender
from bot.framework.strangers import Strangers
from engine.administration import invitations

START: Final = "/start "


class Entry(StrEnum):
    FIRST = "handled at once"
    QUEUED = "handled when a place among the strangers is free"
    SILENCE = "left out"


class Admission:
    def __init__(self, known: KnownAdmins, keys: Sequence[bytes], manager: int, strangers: Strangers) -> None:
        """`keys` sign the manager's buttons and invitations."""
        self._known = known
        self._keys = keys
        self._manager = manager
        self._strangers = strangers

    def admit(self, sender: Sender, *, room: bool) -> Entry:
        """`room`: there is a place left for a stranger."""
        if sender.person in self._known:
            return Entry.FIRST
        if sender.taps and self._has_signed(sender):
            return Entry.FIRST
        if not sender.taps and sender.said.startswith(START):
            return self._admit_guest(sender, room=room)
        return Entry.QUEUED if room and self._strangers.may_enter(sender.person) else Entry.SILENCE

    def meet(self, person: int) -> None:
        """The person has just proved to be an admin."""
        self._known.meet(person)

    def dismiss(self, person: int) -> bool:
        """The person has just proved to be a stranger; returns whether they still get the answer of the hour."""
        self._known.dismiss(person)
        return self._strangers.may_be_answered(person)

    def _admit_guest(self, sender: Sender, *, room: bool) -> Entry:
        word = sender.said.removeprefix(START).strip()
        genuine = invitations.is_genuine(self._keys, word)
        if not (genuine or room) or not self._strangers.may_try(sender.person, genuine=genuine):
            return Entry.SILENCE
        return Entry.FIRST if genuine else Entry.QUEUED

    def _has_signed(self, sender: Sender) -> bool:
        holder = Holder(self._manager, sender.person, sender.chat)
        return callbacks.read(self._keys, sender.said, holder) is not None
