"""Silences are told apart by second; bots find their shard."""

from zlib import crc32

import pytest

from engine.core.identity import newer_sign, shard_of


@pytest.mark.parametrize(
    ("seen_ms", "silent_since_ms", "ends"),
    [
        (10_999, 10_000, False),
        (10_000, 10_999, False),
        (10_500, 10_500, False),
        (11_000, 10_999, True),
        (9_999, 10_000, False),
    ],
)
def test_a_sign_ends_a_silence_when_its_second_is_newer(seen_ms: int, silent_since_ms: int, *, ends: bool) -> None:
    assert newer_sign(seen_ms, silent_since_ms) is ends


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_every_bot_has_one_shard(shards: int) -> None:
    assert {shard_of(bot, shards) for bot in range(1000, 1200)} == set(range(shards))


def test_the_shard_is_the_crc_of_the_decimal_id() -> None:
    assert shard_of(123456789, 16) == crc32(b"123456789") % 16
