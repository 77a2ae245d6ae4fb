"""The few lines that the receiver says to the users of bots, in Portuguese or English, as their Telegram is set."""

from typing import Final, NamedTuple


class Lines(NamedTuple):
    stopped: str
    undo: str
    """The button under `stopped`."""
    undone: str


_PORTUGUESE: Final = Lines(
    stopped="🔕 Pronto: este bot não envia mais lembretes para você.",
    undo="Desfazer",
    undone="🔔 Certo: os lembretes deste bot estão ligados de novo.",
)
_ENGLISH: Final = Lines(
    stopped="🔕 Done: this bot sends you no more reminders.",
    undo="Undo",
    undone="🔔 All right: the reminders of this bot are on again.",
)


def lines_for(language: str | None) -> Lines:
    """`language` is a code as Telegram gives it, such as pt-br."""
    return _PORTUGUESE if (language or "").lower().startswith("pt") else _ENGLISH


NO_LINK: Final = "Este link não está completo ou não existe mais. / This link is incomplete, or is no more."
NOT_NOW: Final = "Tente de novo em alguns segundos. / Please try again in a few seconds."
"""To whom opens a link: nobody knows their language."""
