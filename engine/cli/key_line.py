"""A key of the HTTP API as one line of a list. Days are those of UTC, as a key ends with one."""

from datetime import UTC, datetime
from typing import Any, Final

from engine.cli.shared import counted
from engine.core.api_key import SOON_MS
from engine.core.schedule.spoken_time import DAY_MS
from storage.postgres.api_keys import ApiKey, Rights

HEADINGS: Final = ("name", "", "key", "may", "", "", "")


def cells(key: ApiKey, now_ms: int) -> tuple[str, ...]:
    made = f"made {_day(key.created_at_ms)}" + (f" by {key.created_by}" if key.created_by else "")
    used = "never used" if key.last_used_at_ms is None else f"used {_day(key.last_used_at_ms)}"
    hint = f"{key.hint}…" if key.hint else ""
    return (key.name, made, hint, ",".join(key.rights.scopes), used, _end(key, now_ms))


def said(rights: Rights) -> str:
    """What a key may do and until when, as a part of a sentence."""
    until = "" if rights.expires_at_ms is None else f" until {_moment(rights.expires_at_ms)}"
    return f"{','.join(rights.scopes)}{until}"


def document(key: ApiKey) -> dict[str, Any]:
    """The key as JSON has it."""
    return {
        "name": key.name,
        "created_at_ms": key.created_at_ms,
        "revoked_at_ms": key.revoked_at_ms,
        "hint": key.hint,
        "scopes": key.rights.scopes,
        "created_by": key.created_by,
        "expires_at_ms": key.rights.expires_at_ms,
        "last_used_at_ms": key.last_used_at_ms,
    }


def _end(key: ApiKey, now_ms: int) -> str:
    end_ms = key.rights.expires_at_ms
    if key.revoked_at_ms is not None:
        return f"revoked {_day(key.revoked_at_ms)}"
    if end_ms is None:
        return ""
    if end_ms <= now_ms:
        return f"ended {_moment(end_ms)}"
    return f"ends {_moment(end_ms)}{_soon(end_ms - now_ms)}"


def _soon(left_ms: int) -> str:
    if left_ms > SOON_MS:
        return ""
    days = left_ms // DAY_MS
    return f", in {counted(days, 'day')}" if days else ", within a day"


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
