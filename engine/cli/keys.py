"""`python -m engine keys`: takes a new key of ENCRYPTION_KEY into use, and says when an old one may go.

Keys are named by their fingerprints: no key is ever printed.
"""

from collections.abc import Iterator
from typing import Final

from engine.administration import encryption_keys
from engine.administration.encryption_keys import KeysStatus, KeyStatus
from engine.cli.shared import PROGRAM, Json, counted, example, local, noun, open_servers, say, say_json, say_rows
from engine.security.vault import Vault

_ZONE: Final = "UTC"

app = noun("keys", "keys status")


@app.command(help_epilogue=example("keys rotate"))
async def rotate(*, json: Json = False) -> None:
    """Encrypt the token of every bot with the current key, the first of ENCRYPTION_KEY."""
    async with open_servers() as servers:
        vault = Vault(servers.settings.encryption_keys)
        done = await encryption_keys.rotate(servers.pool, vault, await servers.change())
    if json:
        say_json({"key": vault.fingerprints[0], "tokens": done.tokens, "renewed": done.renewed})
        return
    already = f", {done.tokens - done.renewed} had it already" * (done.tokens > done.renewed)
    say(f"{counted(done.renewed, 'token')} encrypted with the current key, {vault.fingerprints[0]}{already}.")


@app.command(help_epilogue=example("keys status --json"))
async def status(*, json: Json = False) -> None:
    """Show what still needs each key, and when it may go."""
    async with open_servers() as servers:
        now_ms = await servers.now_ms()
        seen = await encryption_keys.status(servers.pool, Vault(servers.settings.encryption_keys), now_ms)
    if json:
        say_json(seen)
        return
    say_rows(("place", "key", "may go", "needed by"), [_row(key, now_ms) for key in seen.keys])
    for sentence in _to_do(seen):
        say(sentence)


def _row(key: KeyStatus, now_ms: int) -> tuple[str, str, str, str]:
    return str(key.place or "-"), key.key, _may_go(key, now_ms), ", ".join(_needs(key)) or "nothing"


def _may_go(key: KeyStatus, now_ms: int) -> str:
    if key.is_current:
        return "stays: current"
    if key.may_go_ms is None:
        return "not yet"
    return "now" if key.may_go_ms <= now_ms else f"from {local(key.may_go_ms, _ZONE)}"


def _needs(key: KeyStatus) -> Iterator[str]:
    for count, name in ((key.tokens, "token"), (key.webhooks, "webhook"), (len(key.processes), "process")):
        if count:
            yield counted(count, name) if name != "process" else f"{count} running"
    if key.unreadable:
        yield f"perhaps {counted(key.unreadable, 'unreadable token')}"
    for name, until_ms in (("buttons", key.buttons_until_ms), ("links", key.links_until_ms)):
        if until_ms:
            yield f"{name} until {local(until_ms, _ZONE)}"


def _to_do(seen: KeysStatus) -> Iterator[str]:
    """What lets the old keys go, in the order in which it is done."""
    for name in seen.shut_out:
        yield f"Restart {name}: it does not have the current key."
    old = [key for key in seen.keys if not key.is_current]
    for name in sorted({name for key in old for name in key.processes} - set(seen.shut_out)):
        yield f"Restart {name}: the key that it uses first is not the current one."
    for bot in seen.unreadable:
        yield f"No key reads the token of @{bot}: add the key that encrypted it, or `{PROGRAM} bots add` the bot again."
    if tokens := sum(key.tokens for key in old):
        yield f"`{PROGRAM} keys rotate` encrypts {counted(tokens, 'token')} with the current key."
    if webhooks := sum(key.webhooks for key in old):
        them = "it" if webhooks == 1 else "them"
        yield f"{counted(webhooks, 'webhook')}: receivers with the current key first set {them} again when they start."
