"""Who changes something, and when: what every line of the audit log carries."""

import msgspec


class Change(msgspec.Struct, frozen=True):
    """Who changes something, and when."""

    actor: str
    at: int
