"""The keys of ENCRYPTION_KEY over time: tokens move to the current one, and an old one goes when nothing needs it.

Of what a key has made, tokens are counted as they are stored, and webhooks as their receivers have noted them. Buttons
and links are stored nowhere: they live for a known time, and processes record when they last ran with which key first.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from engine.core.campaign.frequency_caps import DAY_MS
from engine.core.change import Change
from engine.core.errors import SettingsError
from engine.security.signed_links import LIVES_DAYS
from engine.security.vault import BUTTON_LIFETIME_S, Vault
from storage.postgres import audit, bot_tokens, key_holders
from storage.postgres.bot_tokens import SealedToken
from storage.postgres.key_holders import LOST_MS, KeyHolder
from storage.postgres.pool import Connection, Pool, transaction

_BUTTONS: Final = ("manager", BUTTON_LIFETIME_S * 1000)
_LINKS: Final = ("poller", LIVES_DAYS * DAY_MS)
"""Which kind of process makes them, and how long they live."""


class KeyStatus(msgspec.Struct, frozen=True):
    """What still needs a key. `place` counts from 1; None: it is not in ENCRYPTION_KEY.

    `unreadable` tokens may need it too: no key of ENCRYPTION_KEY reads them. `processes` run with it first.
    `may_go_ms`: from when nothing needs it; None while something has to be done before.
    """

    key: str
    place: int | None
    tokens: int
    unreadable: int
    webhooks: int
    processes: tuple[str, ...]
    buttons_until_ms: int | None
    links_until_ms: int | None
    may_go_ms: int | None

    @property
    def is_current(self) -> bool:
        return self.place == 1


class KeysStatus(msgspec.Struct, frozen=True):
    """`unreadable`: bots whose tokens no key reads. `shut_out`: processes that run without the current key."""

    keys: tuple[KeyStatus, ...]
    unreadable: tuple[str, ...]
    shut_out: tuple[str, ...]


class Rotated(msgspec.Struct, frozen=True):
    """How many tokens there are, and how many of them were encrypted again."""

    tokens: int
    renewed: int


async def rotate(pool: Pool, vault: Vault, change: Change) -> Rotated:
    """Encrypt every token with the current key, or change nothing. Safe to repeat, and beside any other command.

    Raises SettingsError if a token cannot be read, or if a process that runs would not be able to read the new ones.
    """
    tokens, renewed, unreadable = 0, 0, list[str]()
    async with transaction(pool) as connection:
        _check_nobody_is_shut_out(_shut_out(await key_holders.listed(connection), vault, change.at))
        async for page in bot_tokens.pages(connection, hold=True):
            places = [vault.place_of(one.token) for one in page]
            unreadable += [one.username for one, place in zip(page, places, strict=True) if place is None]
            old = [one for one, place in zip(page, places, strict=True) if place]
            await bot_tokens.replace(connection, [_renewed(one, vault) for one in old])
            tokens, renewed = tokens + len(page), renewed + len(old)
        _check_all_are_readable(unreadable)
        if renewed:
            state = audit.state(key=vault.fingerprints[0], tokens=renewed)
            await audit.record(connection, change, None, "keys.rotate", None, state)
    return Rotated(tokens, renewed)


async def status(pool: Pool, vault: Vault, now_ms: int) -> KeysStatus:
    """What needs which key, the keys of ENCRYPTION_KEY first, in their order. Raises UnreachableError."""
    async with transaction(pool) as connection:
        tokens, unreadable = await _count_tokens(connection, vault)
        webhooks = await bot_tokens.webhooks(connection)
        holders = await key_holders.listed(connection)
    listed = vault.fingerprints
    others = sorted((webhooks.keys() | {holder.keys[0] for holder in holders}) - set(listed))
    known = [_status(key, listed, tokens[key], webhooks.get(key, 0), holders, now_ms) for key in [*listed, *others]]
    keys = [_with_unreadable(key, len(unreadable)) for key in known]
    shown = [key for key in keys if key.place or key.may_go_ms is None or key.may_go_ms > now_ms]
    return KeysStatus(tuple(shown), tuple(unreadable), tuple(_shut_out(holders, vault, now_ms)))


def _status(
    key: str, listed: Sequence[str], tokens: int, webhooks: int, holders: Iterable[KeyHolder], now_ms: int
) -> KeyStatus:
    users = [holder for holder in holders if holder.keys[0] == key]
    running = tuple(_name(holder) for holder in users if holder.runs(now_ms))
    buttons_ms, links_ms = _until(users, *_BUTTONS, now_ms), _until(users, *_LINKS, now_ms)
    place = listed.index(key) + 1 if key in listed else None
    busy = place == 1 or tokens or webhooks or running
    may_go_ms = None if busy else max([now_ms, buttons_ms or 0, links_ms or 0])
    return KeyStatus(key, place, tokens, 0, webhooks, running, buttons_ms, links_ms, may_go_ms)


def _with_unreadable(key: KeyStatus, unreadable: int) -> KeyStatus:
    """A key of the list has been tried; any other may be the one that these tokens wait for."""
    return replace(key, unreadable=unreadable, may_go_ms=None) if unreadable and key.place is None else key


def _until(users: Iterable[KeyHolder], kind: str, lifetime_ms: int, now_ms: int) -> int | None:
    """When the last thing that processes of this kind may have signed is too old; None if that is over."""
    ends = [holder.last_used_ms + lifetime_ms for holder in users if holder.signs and holder.kind == kind]
    return max((end for end in ends if end > now_ms), default=None)


async def _count_tokens(connection: Connection, vault: Vault) -> tuple[Counter[str], list[str]]:
    """How many tokens each key reads, and the bots whose token none of them does."""
    counted, unreadable = Counter[str](), list[str]()
    async for page in bot_tokens.pages(connection, hold=False):
        for one in page:
            place = vault.place_of(one.token)
            if place is None:
                unreadable.append(one.username)
            else:
                counted[vault.fingerprints[place]] += 1
    return counted, unreadable


def _renewed(one: SealedToken, vault: Vault) -> SealedToken:
    return one._replace(token=vault.encrypt(vault.decrypt(one.token)))


def _shut_out(holders: Iterable[KeyHolder], vault: Vault, now_ms: int) -> list[str]:
    return [_name(one) for one in holders if one.runs(now_ms) and vault.fingerprints[0] not in one.keys]


def _name(holder: KeyHolder) -> str:
    """The kind, the host and the process number: what is needed to find it."""
    return f"{holder.kind} {holder.process.rpartition(':')[0]}"


def _check_nobody_is_shut_out(shut_out: Sequence[str]) -> None:
    if shut_out:
        raise SettingsError(
            f"Nothing was changed: the current key of this ENCRYPTION_KEY is missing from {', '.join(shut_out)}."
            " Restart each with this list, then repeat; a process that was killed is forgotten after"
            f" {LOST_MS // 1000} seconds."
        )


def _check_all_are_readable(unreadable: Sequence[str]) -> None:
    if unreadable:
        raise SettingsError(
            f"Nothing was changed: no key of ENCRYPTION_KEY reads the token of @{', @'.join(unreadable)}. Add the key"
            " that encrypted it to the list, or give the bot its token again with `python -m engine bots add`."
        )
