"""What must not happen. What may happen on a good day is a value (an outcome, a fate), never an exception.

Every message is one sentence that says what is wrong and how to mend it; it never carries a secret.
"""


class RecoveryError(Exception):
    """Any refusal of ours; command-line doors print it without a traceback and exit with status 1."""


class SettingsError(RecoveryError):
    """An environment variable is missing or wrong."""


class CampaignError(RecoveryError):
    """A campaign, as written, cannot be sent."""


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
