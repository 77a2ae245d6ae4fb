"""The ids of all admins, in memory: they decide who comes first, and who may get silence without a query.

No right depends on it: rights are read where they are used. The ids are read again every second, so that somebody whom
the command line or another process has made an admin is known soon.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Final, NamedTuple

PAUSE_S: Final = 1.0


class Known(NamedTuple):
    admins: int


class KnownAdmins:
    """`owners` are always known; `read` gives the ids of all other admins."""

    def __init__(self, owners: frozenset[int], read: Callable[[], Awaitable[Collection[int]]]) -> None:
        self._owners = owners
        self._read = read
        self._ids: frozenset[int] = owners
        self._met: set[int] = set()

    def __contains__(self, person: int) -> bool:
        return person in self._ids or person in self._met

    async def run_once(self) -> Known:
        """Read them again. Raises UnreachableError: the ids that were known stay."""
        met = self._met.copy()
        found = await self._read()
        self._ids = frozenset(found) | self._owners
        self._met -= met
        return Known(len(self._ids))

    def meet(self, person: int) -> None:
        """The person has just proved to be an admin."""
        if person not in self:
            self._met.add(person)

    def dismiss(self, person: int) -> None:
        """The person has just proved to be a stranger."""
        self._met.discard(person)
        self._ids -= {person}
