"""Of published versions those that were used most recently are kept, and the others are read again."""

from typing import Any, cast

import pytest

from engine.runtime.version_cache import VersionCache
from storage.postgres import poller_bots


async def test_the_versions_used_most_recently_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    async def load(_: object, __: int, number: int) -> object:
        asked.append(number)
        return object()

    monkeypatch.setattr(poller_bots, "load_snapshot", load)
    versions = VersionCache(cast("Any", None), limit=2)
    for number in (1, 2, 1, 3, 1, 2):
        assert await versions.version(7, number)
    assert asked == [1, 2, 3, 2]
