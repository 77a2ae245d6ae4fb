"""What must not happen. What may happen on a good day is a value (an outcome, a fate), never an exception.

Every message is one sentence that says what is wrong and how to mend it; it never carries a secret.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class RecoveryError(Exception):
    """Any refusal of ours; command-line doors print it without a traceback and exit with status 1."""


class SettingsError(RecoveryError):
    """An environment variable is missing or wrong."""


class CampaignError(RecoveryError):
    """A campaign, as written, cannot be sent."""

    @classmethod
    def at(cls, source: str, position: int, noun: str, what: str, mend: str) -> "CampaignError":
        """Refuse what stands at a position of an admin's text; they are told its line and column."""
        line = source.count("\n", 0, position) + 1
        column = position - source.rfind("\n", 0, position)
        return cls(f"In line {line}, column {column} of the {noun} {what}: {mend}.")


class StaleError(RecoveryError):
    """Somebody else has changed the same thing meanwhile: who, and when, in ms."""

    def __init__(self, actor: str, at_ms: int) -> None:
        super().__init__(f"It was changed by {actor} meanwhile: look at it again, and decide anew.")
        self.actor = actor
        self.at_ms = at_ms


class MediaError(RecoveryError):
    """A file cannot be kept, or cannot be sent as what it is said to be."""


class UnreachableError(RecoveryError):
    """Redis or PostgreSQL does not answer, or is not fit to serve."""


class MigrationError(RecoveryError):
    """The database's schema and this code do not fit together."""


class NotFoundError(RecoveryError):
    """The named bot, campaign or version does not exist."""


class BotError(RecoveryError):
    """A bot, as it stands, does not take what was asked."""


@contextmanager
def within(place: str) -> Iterator[None]:
    """Say of each refusal in which place it arose."""
    try:
        yield
    except CampaignError as error:
        raise CampaignError(f"{place}: {error}") from error


class PaymentsError(RecoveryError):
    """A file of payments, as written, cannot be taken in."""
