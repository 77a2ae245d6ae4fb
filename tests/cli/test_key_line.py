"""A key in a list: what it may do, whose it is, and how long it is still good."""

import pytest

from engine.cli.key_line import cells, document, said
from engine.core.api_key import ALL, SOON_MS, Scope
from engine.core.schedule.spoken_time import DAY_MS
from storage.postgres.api_keys import ApiKey, Rights

NOW_MS = 1_796_041_800_000  # 2026-11-30T12:30:00Z
KEY = ApiKey(1, "shop", "rec_4fGh2k", Rights(ALL, None), NOW_MS, "ana", None, None)


def test_a_key_is_one_line() -> None:
    assert cells(KEY, NOW_MS) == (
        "shop",
        "made 2026-11-30 by ana",
        "rec_4fGh2k…",
        "activity,payments,read",
        "never used",
        "",
    )


def test_a_key_of_an_earlier_version_says_what_is_known() -> None:
    former = KEY._replace(hint="", created_by=None, last_used_at_ms=NOW_MS + DAY_MS)
    assert cells(former, NOW_MS)[1:5] == ("made 2026-11-30", "", "activity,payments,read", "used 2026-12-01")


@pytest.mark.parametrize(
    ("end_ms", "end"),
    [
        (NOW_MS + SOON_MS + 1, "ends 2026-12-14 12:30 UTC"),
        (NOW_MS + SOON_MS, "ends 2026-12-14 12:30 UTC, in 14 days"),
        (NOW_MS + 2 * DAY_MS - 1, "ends 2026-12-02 12:29 UTC, in 1 day"),
        (NOW_MS + 1, "ends 2026-11-30 12:30 UTC, within a day"),
        (NOW_MS, "ended 2026-11-30 12:30 UTC"),
        (NOW_MS - DAY_MS, "ended 2026-11-29 12:30 UTC"),
    ],
)
def test_a_key_that_ends_soon_says_in_how_many_days(end_ms: int, end: str) -> None:
    assert cells(KEY._replace(rights=Rights(ALL, end_ms)), NOW_MS)[-1] == end


def test_a_revoked_key_says_when_it_was_revoked_whatever_its_end() -> None:
    revoked = KEY._replace(rights=Rights(ALL, NOW_MS + 1), revoked_at_ms=NOW_MS - DAY_MS)
    assert cells(revoked, NOW_MS)[-1] == "revoked 2026-11-29"


def test_rights_are_said_in_a_sentence() -> None:
    assert said(Rights((Scope.READ,), None)) == "read"
    assert said(Rights((Scope.PAYMENTS, Scope.READ), NOW_MS)) == "payments,read until 2026-11-30 12:30 UTC"


def test_json_has_all_that_is_known_of_a_key_and_moments_in_ms() -> None:
    assert document(KEY._replace(last_used_at_ms=NOW_MS)) == {
        "name": "shop",
        "hint": "rec_4fGh2k",
        "scopes": ALL,
        "created_at_ms": NOW_MS,
        "created_by": "ana",
        "expires_at_ms": None,
        "last_used_at_ms": NOW_MS,
        "revoked_at_ms": None,
    }
