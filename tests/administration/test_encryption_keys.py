"""Tokens move to the current key in one transaction, and an old key may go when nothing that it has made is in use."""

import asyncio
import json
from base64 import urlsafe_b64encode
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.administration import bots as registry
from engine.administration import encryption_keys
from engine.administration.bots import Identity
from engine.administration.encryption_keys import KeysStatus, KeyStatus, Rotated
from engine.core.campaign.frequency_caps import DAY_MS
from engine.core.change import Change
from engine.core.errors import SettingsError
from engine.security.signed_links import LIVES_DAYS
from engine.security.vault import BUTTON_LIFETIME_S, Vault
from engine.settings import Secret
from storage.postgres import bot_tokens, key_holders
from storage.postgres.key_holders import LOST_MS, KeyHolder
from storage.postgres.pool import Pool, transaction
from tests.blocked import blocked

OLD, NEW, LOST = (Secret(urlsafe_b64encode(bytes([n]) * 32).decode()) for n in (1, 2, 3))
BEFORE, DURING, AFTER = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])
OLD_KEY, NEW_KEY = DURING.fingerprints[1], DURING.fingerprints[0]
NOW_MS = 1_800_000_000_000
CHANGE = Change("cli:uid=7", NOW_MS)
BUTTONS_MS, LINKS_MS = BUTTON_LIFETIME_S * 1000, LIVES_DAYS * DAY_MS


class Bots(NamedTuple):
    """Bots by the key under which each token lies, in the order of their numbers."""

    pool: Pool

    async def add(self, bot_id: int, vault: Vault, token: str | None = None) -> None:
        secret = Secret(token or f"{bot_id}:token")
        await registry.add(self.pool, vault, Identity(bot_id, f"bot_{bot_id}"), secret, None, CHANGE)

    async def tokens(self) -> list[bytes]:
        return [row["token"] for row in await self.pool.fetch("SELECT token FROM bots ORDER BY id")]

    async def rotations(self) -> list[dict[str, object]]:
        rows = await self.pool.fetch("SELECT actor, bot_id, after::text FROM audit_log WHERE action = 'keys.rotate'")
        return [{"actor": row["actor"], "bot": row["bot_id"], **json.loads(row["after"])} for row in rows]

    async def status(self, vault: Vault = DURING) -> KeysStatus:
        return await encryption_keys.status(self.pool, vault, NOW_MS)


@pytest.fixture
async def bots(pool: Pool) -> Bots:
    bots = Bots(pool)
    for bot_id in range(1, 6):
        await bots.add(bot_id, BEFORE)
    return bots


async def test_every_token_moves_to_the_current_key_however_many_there_are(
    bots: Bots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot_tokens, "PAGE", 2)
    await bots.add(6, DURING)
    assert await encryption_keys.rotate(bots.pool, DURING, CHANGE) == Rotated(tokens=6, renewed=5)
    assert [AFTER.decrypt(token) for token in await bots.tokens()] == [f"{number}:token" for number in range(1, 7)]
    assert await bots.rotations() == [{"actor": "cli:uid=7", "bot": None, "key": NEW_KEY, "tokens": 5}]


async def test_a_repeated_rotation_changes_nothing_and_leaves_no_line(bots: Bots) -> None:
    await encryption_keys.rotate(bots.pool, DURING, CHANGE)
    before = await bots.tokens()
    assert await encryption_keys.rotate(bots.pool, DURING, CHANGE) == Rotated(tokens=5, renewed=0)
    assert await encryption_keys.rotate(bots.pool, AFTER, CHANGE) == Rotated(tokens=5, renewed=0)
    assert await bots.tokens() == before
    assert len(await bots.rotations()) == 1


@pytest.mark.parametrize("status", ["active", "paused", "suspended"])
async def test_a_bot_that_does_not_send_is_not_forgotten(bots: Bots, status: str) -> None:
    await bots.pool.execute("UPDATE bots SET status = $1", status)
    await encryption_keys.rotate(bots.pool, DURING, CHANGE)
    assert [AFTER.place_of(token) for token in await bots.tokens()] == [0] * 5


async def test_a_removed_bot_has_no_token_and_holds_nothing_up(bots: Bots) -> None:
    await bots.pool.execute("UPDATE bots SET status = 'removed', token = '', webhook_key = $1 WHERE id = 3", OLD_KEY)
    assert await encryption_keys.rotate(bots.pool, DURING, CHANGE) == Rotated(tokens=4, renewed=4)
    assert (await bots.tokens())[2] == b""
    assert (await bots.status()).keys[1].may_go_ms == NOW_MS


@pytest.mark.parametrize(
    "spoilt",
    [Vault([LOST]).encrypt("4:token"), BEFORE.encrypt("4:token")[:-1], b"\0", b"gAAAA"],
    ids=["lost key", "cut", "zero", "beginning"],
)
async def test_a_token_that_no_key_reads_is_named_and_nothing_changes(bots: Bots, spoilt: bytes) -> None:
    await bots.pool.execute("UPDATE bots SET token = $1 WHERE id = 4", spoilt)
    before = await bots.tokens()
    with pytest.raises(SettingsError, match=r"Nothing was changed: .*@bot_4\b.* `python -m engine bots add`"):
        await encryption_keys.rotate(bots.pool, DURING, CHANGE)
    assert await bots.tokens() == before
    assert await bots.rotations() == []
    seen = await bots.status()
    assert (seen.unreadable, [key.tokens for key in seen.keys]) == (("bot_4",), [0, 4])
    await bots.add(4, DURING)
    assert await encryption_keys.rotate(bots.pool, DURING, CHANGE) == Rotated(tokens=5, renewed=4)


async def test_the_same_token_again_is_stored_under_the_current_key(bots: Bots) -> None:
    await bots.add(1, DURING)
    first, *others = await bots.tokens()
    assert AFTER.decrypt(first) == "1:token"
    assert [DURING.place_of(token) for token in others] == [1] * 4
    await bots.add(1, DURING)
    assert (await bots.tokens())[0] == first, "once is enough"


async def test_a_bot_that_gets_its_token_meanwhile_keeps_it(bots: Bots) -> None:
    async with transaction(bots.pool) as connection:
        await connection.execute("UPDATE bots SET token = $1 WHERE id = 2", BEFORE.encrypt("2:newer"))
        rotation = asyncio.create_task(encryption_keys.rotate(bots.pool, DURING, CHANGE))
        await blocked(bots.pool)
    assert await rotation == Rotated(tokens=5, renewed=5)
    assert [AFTER.decrypt(token) for token in await bots.tokens()][1] == "2:newer"


async def test_rotations_and_additions_side_by_side_end_with_the_current_key(bots: Bots) -> None:
    rotations = [encryption_keys.rotate(bots.pool, DURING, CHANGE) for _ in range(2)]
    await asyncio.gather(*rotations, *(bots.add(number, DURING, f"{number}:newer") for number in (2, 5, 6)))
    tokens = [AFTER.decrypt(token) for token in await bots.tokens()]
    assert tokens == ["1:token", "2:newer", "3:token", "4:token", "5:newer", "6:newer"]


def holder(
    vault: Vault, kind: str = "poller", ago_ms: int = 0, *, ended: bool = False, signs: bool = True
) -> KeyHolder:
    process = f"host:7:{kind}{ago_ms}{'-'.join(vault.fingerprints)}"
    return KeyHolder(process, kind, tuple(vault.fingerprints), signs, NOW_MS - ago_ms, ended)


async def test_a_process_that_could_not_read_the_tokens_any_more_is_named_first(bots: Bots) -> None:
    await key_holders.record(bots.pool, holder(BEFORE, "receiver"))
    with pytest.raises(SettingsError, match=r"Nothing was changed: .*receiver host:7\. Restart"):
        await encryption_keys.rotate(bots.pool, DURING, CHANGE)
    assert (await bots.status()).shut_out == ("receiver host:7",)
    await key_holders.record(bots.pool, holder(BEFORE, "receiver", ended=True))
    assert (await encryption_keys.rotate(bots.pool, DURING, CHANGE)).renewed


@pytest.mark.parametrize(
    "gone",
    [holder(BEFORE, ago_ms=LOST_MS), holder(BEFORE, ended=True), holder(Vault([OLD, NEW])), holder(AFTER)],
    ids=["killed", "ended", "knows it", "has it alone"],
)
async def test_one_that_has_ended_or_knows_the_key_is_not_in_the_way(bots: Bots, gone: KeyHolder) -> None:
    await key_holders.record(bots.pool, gone)
    assert (await encryption_keys.rotate(bots.pool, DURING, CHANGE)).renewed


async def test_the_status_tells_what_needs_which_key(bots: Bots) -> None:
    await bots.add(1, DURING)
    await bot_tokens.note_webhook(bots.pool, 1, NEW_KEY)
    await bot_tokens.note_webhook(bots.pool, 2, OLD_KEY)
    for one in (holder(BEFORE, "manager", 60_000, ended=True), holder(BEFORE, ago_ms=90_000), holder(DURING)):
        await key_holders.record(bots.pool, one)
    new, old = (await bots.status()).keys
    assert (new.tokens, new.webhooks, new.processes, new.may_go_ms) == (1, 1, ("poller host:7",), None)
    buttons, links = NOW_MS - 60_000 + BUTTONS_MS, NOW_MS - 90_000 + LOST_MS + LINKS_MS
    assert old == KeyStatus(OLD_KEY, 2, 4, 0, 1, (), buttons, links, None)
    await encryption_keys.rotate(bots.pool, DURING, CHANGE)
    await bot_tokens.note_webhook(bots.pool, 2, NEW_KEY)
    assert (await bots.status()).keys[1] == KeyStatus(OLD_KEY, 2, 0, 0, 0, (), buttons, links, max(buttons, links))


async def test_a_key_that_was_taken_out_too_early_is_still_shown(bots: Bots) -> None:
    await encryption_keys.rotate(bots.pool, DURING, CHANGE)
    assert [key.key for key in (await bots.status(AFTER)).keys] == [NEW_KEY]
    await bot_tokens.note_webhook(bots.pool, 2, OLD_KEY)
    await key_holders.record(bots.pool, holder(BEFORE, "manager"))
    _, missed = (await bots.status(AFTER)).keys
    assert (missed.key, missed.place, missed.webhooks, missed.processes) == (OLD_KEY, None, 1, ("manager host:7",))


async def test_a_key_that_unreadable_tokens_may_need_stays_whatever_else_needs_it(bots: Bots) -> None:
    for vault in (BEFORE, Vault([LOST])):
        await key_holders.record(bots.pool, holder(vault, "manager", 2 * BUTTONS_MS, ended=True))
    seen = await bots.status(AFTER)
    assert len(seen.unreadable) == 5
    missed = {key.key: (key.may_go_ms, key.unreadable) for key in seen.keys if key.place is None}
    assert missed == dict.fromkeys((OLD_KEY, *Vault([LOST]).fingerprints), (None, 5))
    new, old = (await bots.status()).keys
    assert (new.unreadable, old.unreadable, old.tokens) == (0, 0, 5)
    await encryption_keys.rotate(bots.pool, DURING, CHANGE)
    assert [key.key for key in (await bots.status(AFTER)).keys] == [NEW_KEY]


async def test_a_process_that_starts_again_leaves_one_row(bots: Bots) -> None:
    for ago_ms in (90_000, 60_000, 0):
        await key_holders.record(bots.pool, holder(BEFORE, ago_ms=ago_ms, ended=ago_ms == 0))
    async with transaction(bots.pool) as connection:
        assert [one.seen_at_ms for one in await key_holders.listed(connection)] == [NOW_MS]


@st.composite
def lives(draw: st.DrawFn) -> list[KeyHolder]:
    """Processes of all kinds that ran with these lists, ended in order or killed."""
    vaults, kinds = st.sampled_from([BEFORE, DURING, AFTER, Vault([OLD, NEW])]), st.sampled_from(["manager", "poller"])
    ago = st.integers(0, 2 * LINKS_MS)
    drawn = draw(st.lists(st.tuples(vaults, kinds, ago, st.booleans(), st.booleans()), max_size=8))
    return [holder(vault, kind, ago_ms, ended=ended, signs=signs) for vault, kind, ago_ms, ended, signs in drawn]


@given(holders=lives())
def test_nothing_that_is_still_good_needs_a_key_that_may_go(holders: list[KeyHolder]) -> None:
    """What a killed process signed after its last word, it signed within LOST_MS."""
    old = encryption_keys._status(OLD_KEY, DURING.fingerprints, 0, 0, holders, NOW_MS)
    users = [one for one in holders if one.keys[0] == OLD_KEY]
    assert (old.may_go_ms is None) == any(one.runs(NOW_MS) for one in users)
    if old.may_go_ms is not None:
        assert old.may_go_ms >= NOW_MS
        for one in users:
            lifetime_ms = BUTTONS_MS if one.kind == "manager" else LINKS_MS
            last_ms = one.seen_at_ms + (0 if one.ended else LOST_MS)
            assert not one.signs or last_ms + lifetime_ms <= old.may_go_ms
