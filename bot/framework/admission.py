"""Who comes first, who waits, and who gets silence: decided before any query, from what is in memory.

An admin comes first, and so does whoever brings what we have signed for them, a few times an hour: a button, or an
invitation. No right follows from that. Anybody else is a stranger, who gets one answer an hour.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from bot.framework import callbacks
from bot.framework.callbacks import Holder
from bot.framework.known_admins import KnownAdmins
from bot.framework.sender import Sender
from bot.framework.strangers import Signed, Strangers
from engine.administration import invitations

_START: Final = "/start "


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
        """`room`: there is a place left for a stranger. A guess at what we sign counts as any other message."""
        if sender.person in self._known:
            return Entry.FIRST
        if signed := self._signed(sender):
            return Entry.FIRST if self._strangers.may_try(sender.person, signed) else Entry.SILENCE
        return Entry.QUEUED if room and self._strangers.may_enter(sender.person) else Entry.SILENCE

    def meet(self, person: int) -> None:
        """The person has just proved to be an admin."""
        self._known.meet(person)

    def dismiss(self, person: int) -> bool:
        """The person has just proved to be a stranger; returns whether they still get the answer of the hour."""
        self._known.dismiss(person)
        return self._strangers.may_be_answered(person)

    def return_invitation(self, person: int) -> None:
        """Their invitation could not be looked up: it may be tried again."""
        self._strangers.return_try(person, Signed.INVITATION)

    def _signed(self, sender: Sender) -> Signed | None:
        """What the person brings that we have signed for them."""
        if sender.taps:
            holder = Holder(self._manager, sender.person, sender.chat)
            return Signed.BUTTON if callbacks.read(self._keys, sender.said, holder) else None
        word = invitation(sender.said)
        return Signed.INVITATION if word and invitations.is_genuine(self._keys, word) else None


def invitation(text: str) -> str:
    """The code in a message that an invitation's link has sent, genuine or not; "" in any other."""
    return text.removeprefix(_START).strip() if text.startswith(_START) else ""
