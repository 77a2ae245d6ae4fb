"""Payments from a file: all lines are looked at first, every bad one is named, and the good ones have their effect."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.chats import payments_csv, payments_import
from engine.chats.payments_import import Imported
from engine.cli import payments
from engine.core.errors import NotFoundError, PaymentsError
from engine.settings import Settings, load_settings
from storage.postgres.pool import Pool, open_pool

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
HEADER = "external_id,chat_id,amount,currency,status,paid_at"
GOOD = "a1,41,4990,BRL,paid,2026-01-05T10:00:00Z"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        await pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop_bot', '', 0)")
        yield pool


@pytest.fixture
def settings(redis_url: str, database_url: str) -> Settings:
    return load_settings({"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": KEY}, Path("no.env"))


async def take_in(settings: Settings, path: Path, bot: str, *, skip_bad: bool) -> Imported:
    return await payments.take_in(path, bot, skip_bad=skip_bad, settings=settings)


def file_of(tmp_path: Path, *lines: str, header: str = HEADER) -> Path:
    path = tmp_path / "payments.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


async def stored(pool: Pool) -> list[tuple[str, int, int, str, str]]:
    rows = await pool.fetch("SELECT external_id, chat_id, amount, currency, status FROM payments ORDER BY external_id")
    return [tuple(row) for row in rows]


async def test_payments_are_taken_in_and_open_episodes_end(pool: Pool, settings: Settings, tmp_path: Path) -> None:
    await pool.execute(
        "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)"
        " VALUES (7, 41, 1700000000000, 1, 0)"
    )
    path = file_of(tmp_path, GOOD, "a2,42,1,XTR,,", "a3,43,1,XTR,refunded,", "a2,42,1,XTR,refunded,", "", GOOD)
    assert await take_in(settings, path, "@shop_bot", skip_bad=False) == Imported(2, 1, 2, 1, [], 1)
    assert await stored(pool) == [
        ("a1", 41, 4990, "BRL", "paid"),
        ("a2", 42, 1, "XTR", "refunded"),
        ("a3", 43, 1, "XTR", "refunded"),
    ]
    assert await pool.fetchval("SELECT reason FROM recovery_episodes") == "paid"
    assert await pool.fetchval("SELECT action FROM audit_log") == "payments.import"
    assert await take_in(settings, path, "@shop_bot", skip_bad=False) == Imported(0, 5, 0, 0, [], 1)


async def test_columns_stand_in_any_order_between_semicolons_too(
    pool: Pool, settings: Settings, tmp_path: Path
) -> None:
    path = file_of(tmp_path, '41;"a;1";4990;;;brl', header="\ufeffchat_id;external_id;amount;status;paid_at;currency")
    await take_in(settings, path, "shop_bot", skip_bad=False)
    assert await stored(pool) == [("a;1", 41, 4990, "BRL", "paid")]


async def test_leading_zeros_change_no_number(pool: Pool, settings: Settings, tmp_path: Path) -> None:
    path = file_of(tmp_path, "z1,0000000000005000000306,000000000000000019901,BRL,paid,")
    await take_in(settings, path, "shop_bot", skip_bad=False)
    assert await stored(pool) == [("z1", 5000000306, 19901, "BRL", "paid")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
async def test_empty_rows_of_a_spreadsheet_are_blank_and_a_bad_line_spoils_no_other(
    pool: Pool, settings: Settings, tmp_path: Path, end: str
) -> None:
    path = tmp_path / "payments.csv"
    lines = [HEADER, GOOD, 'q,"42,1,BRL,paid,', "a2,42,1,XTR,,", ",,,,,", "", "   ", '"a3",43,1,XTR,,']
    path.write_text(end.join(lines), encoding="utf-8", newline="")
    done = await take_in(settings, path, "shop_bot", skip_bad=True)
    assert (done.new, done.blank, [bad.number for bad in done.bad], done.lines) == (3, 3, [3], 7)
    path.write_text(path.read_text().replace(",", ";"), encoding="utf-8")
    assert (await take_in(settings, path, "shop_bot", skip_bad=True)).lines == 7
    assert [row[0] for row in await stored(pool)] == ["a1", "a2", "a3"]


BAD = {
    "a2,42,49.90,BRL,paid,": "no whole number",
    "a2,-42,1,BRL,paid,": "give the user's own id",
    ",42,1,BRL,paid,": "give each payment its own",
    "a2,42,1,R$,paid,": "three letters",
    "a2,42,1,BRL,open,": "give paid or refunded",
    "a2,42,1,BRL,paid,yesterday": "write milliseconds",
    "a2,42,1,BRL": "it has 4 fields",
    "a1,42,4990,BRL,paid,": "stands above with another chat",
    "known,41,2,BRL,paid,": "is known with another chat",
    "a2,0000000000005000000306,00019901,BRL,paid,late": "write milliseconds",
    "a2,5000000306,10000000000000000000,BRL,paid,": "at most 19 digits",
    f"a2,{'9' * 5_000},1,BRL,paid,": "longer than 1000 characters",
    f"a2,{'9' * 900},1,BRL,paid,": "at most 19 digits",
    "a2,42,1,BRL,paid,2026-01-05T10:00:00Z" + " " * 40 + "x": "write milliseconds",
    "x" * 2_000: "longer than 1000 characters",
    'a2,42,1,BRL,paid,"': "quotes do not match",
    '"a2,42,1,BRL,paid,': "quotes do not match",
    '"a"2,42,1,BRL,paid,': "quotes do not match",
    "a2,42,1,BRL,paid,,": "it has 7 fields",
    "a2,5E+09,1,BRL,paid,": "no whole number",
}


@pytest.mark.parametrize(("line", "fault"), BAD.items())
async def test_one_bad_line_is_named_and_nothing_is_stored(
    pool: Pool, settings: Settings, tmp_path: Path, line: str, fault: str
) -> None:
    await pool.execute(
        "INSERT INTO payments (bot_id, external_id, chat_id, amount, currency, status, paid_at)"
        " VALUES (7, 'known', 41, 1, 'BRL', 'paid', 0)"
    )
    path = file_of(tmp_path, GOOD, line)
    with pytest.raises(PaymentsError, match=rf"Line 3: .*{fault}") as refusal:
        await take_in(settings, path, "shop_bot", skip_bad=False)
    assert "--skip-bad" in str(refusal.value)
    assert len(await stored(pool)) == 1
    done = await take_in(settings, path, "shop_bot", skip_bad=True)
    assert (done.new, [bad.number for bad in done.bad], done.lines) == (1, [3], 2)


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        (b"", "is no header"),
        (GOOD.encode(), "is no header"),
        (f"{HEADER},more\n".encode(), "is no header"),
        (f"{HEADER}{' ' * 2_000}\n{GOOD}".encode(), "is no header"),
        (f'{HEADER}"\n{GOOD}'.encode(), "is no header"),
        (f"{HEADER}\n\xff".encode("latin-1"), "in UTF-8"),
    ],
)
async def test_other_files_are_refused(
    pool: Pool, settings: Settings, tmp_path: Path, content: bytes, mend: str
) -> None:
    path = tmp_path / "payments.csv"
    path.write_bytes(content)
    with pytest.raises(PaymentsError, match=mend):
        await take_in(settings, path, "shop_bot", skip_bad=True)
    assert await stored(pool) == []


async def test_a_long_file_is_refused_and_many_bad_lines_are_counted(
    pool: Pool, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file_of(tmp_path, *["x"] * (payments_import.SHOWN + 2))
    with pytest.raises(PaymentsError, match=r"and 2 more\.\nNothing was stored, because of 22 bad lines"):
        await take_in(settings, path, "shop_bot", skip_bad=False)
    monkeypatch.setattr(payments_csv, "MAX_LINES", 2)
    with pytest.raises(PaymentsError, match="split it"):
        await take_in(settings, path, "shop_bot", skip_bad=False)
    assert await stored(pool) == []


async def test_an_unknown_bot_and_a_missing_file_are_said(pool: Pool, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="There is no bot @other_bot"):
        await take_in(settings, file_of(tmp_path, GOOD), "@other_bot", skip_bad=False)
    with pytest.raises(PaymentsError, match="cannot be read"):
        await take_in(settings, tmp_path / "none.csv", "@shop_bot", skip_bad=False)
    assert await stored(pool) == []


async def test_batches_keep_the_order_and_show_progress(
    pool: Pool, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(payments_import, "BATCH", 2)
    monkeypatch.setattr(payments_import, "_PROGRESS", 2)
    path = file_of(tmp_path, *(f"p{place},{place},1,BRL,," for place in range(1, 6)))
    assert (await take_in(settings, path, "shop_bot", skip_bad=False)).new == 5
    assert capsys.readouterr().err == "4 of 5 payments are taken in.\n"
    assert len(await stored(pool)) == 5
