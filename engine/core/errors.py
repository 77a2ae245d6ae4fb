"""What must not happen. What may happen on a good day is a value (an outcome, a fate), never an exception.

Every message is one sentence that says what is wrong and how to mend it; it never carries a secret. It is English; what
admins may meet keeps its template and its values too, so that a door can say it in their language.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Self

_NEAR: Final = 24
"""Characters of an admin's text in which they find the place again."""


class Phrase(str):
    """Words in English that remember what they were made of: a template, and values that may be phrases themselves.

    Only templates are formatted and translated, never what somebody has written: that is always a value.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        phrase = super().__new__(cls, template.format(**values))
        phrase.template, phrase.values = template, values
        return phrase


class RecoveryError(Exception):
    """Any refusal of ours; command-line doors print it without a traceback and exit with status 1."""


class SettingsError(RecoveryError):
    """An environment variable is missing or wrong."""


class SpokenError(RecoveryError):
    """What an admin may meet, in the language in which they are spoken to."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.phrase = Phrase(template, **values)
        super().__init__(self.phrase)


class CampaignError(SpokenError):
    """A campaign, as written, cannot be sent. `step` and `block` say by their keys where, if it is known."""

    step: str | None = None
    block: str | None = None

    @staticmethod
    def at(source: str, position: int, noun: str, what: str, mend: str) -> "CampaignError":
        """Refuse what is at a position of an admin's text: by line and column, or by the words that are `near` it."""
        return CampaignError(
            "In line {line}, column {column} of the {noun} {what}: {mend}.",
            line=source.count("\n", 0, position) + 1,
            column=position - source.rfind("\n", 0, position),
            near=_excerpt(source, position),
            noun=noun,
            what=what,
            mend=mend,
        )


def _excerpt(source: str, position: int) -> str:
    """What follows a position in its line, or comes before it at a line's end."""
    ahead = source[position : position + _NEAR].partition("\n")[0]
    return ahead or source[:position][-_NEAR:].rpartition("\n")[2]


class StaleError(RecoveryError):
    """Somebody else has changed the same thing meanwhile: who, and when, in ms."""

    def __init__(self, actor: str, at_ms: int) -> None:
        super().__init__(f"It was changed by {actor} meanwhile: look at it again, and decide anew.")
        self.actor = actor
        self.at_ms = at_ms


class MediaError(SpokenError):
    """A file cannot be kept, or cannot be sent as what it is said to be."""


class UnreachableError(RecoveryError):
    """Redis or PostgreSQL does not answer, or is not fit to serve."""


class RefusedError(UnreachableError):
    """PostgreSQL answers, and would refuse the same values again: waiting does not help."""


class OverloadError(UnreachableError):
    """A bot has more under way than its share, and no more of it is taken for the moment."""


class HeldError(UnreachableError):
    """Another program, such as a backup, holds a table: what was to be done there was not, and may be tried again."""


class MigrationError(RecoveryError):
    """The database's schema and this code do not fit together."""


class NotFoundError(SpokenError):
    """The named bot, campaign or version does not exist."""


class BotError(SpokenError):
    """A bot, as it stands, does not take what was asked."""


@contextmanager
def within(place: str) -> Iterator[None]:
    """Say of each refusal in which place it arose."""
    try:
        yield
    except CampaignError as error:
        raise CampaignError("{place}: {error}", place=place, error=error.phrase) from error


class PaymentsError(RecoveryError):
    """A file of payments, as written, cannot be taken in."""
