"""The command line for campaigns, from its real door: what it says, where, and its exit status."""

import base64
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.media.files import PNG

ROOT = Path(__file__).resolve().parents[2]

CAMPAIGN = """
threshold: 10m
zone: America/Sao_Paulo
steps:
  - key: reminder
    schedule: agora
    blocks:
      - Olá
      - Ainda por aí?
  - key: spare
    active: false
    schedule: 1h
    blocks: [x]
  - key: morning
    schedule: amanhã 09:30
    blocks: [Bom dia]
"""


class Cli:
    """Runs the command line against one database."""

    def __init__(self, database_url: str, directory: Path) -> None:
        self.file = directory / "campaign.yaml"
        self.file.write_text(CAMPAIGN, encoding="utf-8")
        self._directory = directory
        self._environ = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": database_url,
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "ENCRYPTION_KEY": base64.urlsafe_b64encode(bytes(32)).decode(),
        }

    def run(self, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own module, our own arguments
            [sys.executable, "-m", "engine", "campaigns", *args],
            cwd=self._directory,
            env={**self._environ, **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def says(self, *args: str) -> str:
        done = self.run(*args)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def refuses(self, *args: str, **environ: str) -> str:
        done = self.run(*args, **environ)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("\n") == 1
        return done.stderr


@pytest.fixture
async def cli(database_url: str, tmp_path: Path) -> AsyncIterator[Cli]:
    connection = await asyncpg.connect(database_url)
    await connection.execute("INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop_bot', '', 0)")
    yield Cli(database_url, tmp_path)
    await connection.close()


def test_a_campaign_goes_from_its_file_to_live_to_stopped(cli: Cli) -> None:
    bot = ("--bot", "@shop_bot")
    assert cli.says("import", str(cli.file), *bot) == "@shop_bot: the draft is now revision 1; publish it to send it.\n"
    assert cli.says("publish", *bot) == "@shop_bot: version 1 is published.\n"
    assert cli.says("activate", *bot) == "@shop_bot: the campaign is live.\n"
    assert cli.says("pause", *bot) == "@shop_bot: the campaign is paused.\n"
    assert cli.says("stop", *bot) == "@shop_bot: the campaign is stopped.\n"


def test_a_shadow_says_that_it_sends_nothing(cli: Cli) -> None:
    bot = ("--bot", "@shop_bot")
    cli.says("import", str(cli.file), *bot)
    cli.says("publish", *bot)
    said = "@shop_bot: the campaign is shadow: what it would send is recorded, and nothing is sent.\n"
    assert cli.says("shadow", *bot) == said
    assert "nothing is sent until `activate`" in cli.says("show", *bot)
    assert cli.says("activate", *bot) == "@shop_bot: the campaign is live.\n"
    assert "A campaign that is live cannot take shadow: stop it first." in cli.refuses("shadow", *bot)


def test_show_tells_the_dates_of_a_silence_that_begins_now(cli: Cli) -> None:
    cli.says("import", str(cli.file), "--bot", "shop_bot")
    shown = cli.says("show", "--bot", "@shop_bot")
    moment = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d"
    assert re.fullmatch(
        rf"""@shop_bot: draft, nothing published, draft revision 1
threshold 10m, lateness 6h, zone America/Sao_Paulo, customers who paid are left alone
this is the draft: publish it to send it
who falls silent now \({moment} \d\d:\d\d:\d\d -03\) gets:
  reminder +now +{moment} \d\d:\d\d:\d\d -03
    block-1 +text “Olá”
    block-2 +text “Ainda por aí\?”
  spare +1h +off
    block-1 +text “x”
  morning +tomorrow 09:30 +{moment} 09:30:00 -03
    block-1 +text “Bom dia”
""",
        shown,
    )


def test_the_files_that_a_campaign_names_are_added_before_it(cli: Cli) -> None:
    bot = ("--bot", "@shop_bot")
    banner = cli.file.with_name("banner.png")
    banner.write_bytes(PNG)
    cli.file.write_text("zone: UTC\nsteps:\n- schedule: now\n  blocks: [{photo: banner.png}]\n", encoding="utf-8")
    assert "MEDIA_DIR is not set" in cli.refuses("import", str(cli.file), *bot)
    assert "has no campaign" in cli.refuses("show", *bot)
    done = cli.run("import", str(cli.file), *bot, MEDIA_DIR=str(cli.file.with_name("media")))
    sha256 = hashlib.sha256(PNG).hexdigest()
    assert done.stdout == (
        f"{banner}: the library has it, a photo of {len(PNG)} bytes, sha256:{sha256}\n"
        "@shop_bot: the draft is now revision 1; publish it to send it.\n"
    )
    assert f"photo: sha256:{sha256}" in cli.says("export", *bot)
    assert cli.says("diff", str(cli.file), *bot) == f"{cli.file} is the draft revision 1.\n"
    banner.write_bytes(b"no picture")
    refusal = cli.refuses("diff", str(cli.file), *bot)
    assert f"{cli.file}, line 4, steps[0].blocks[0].photo: banner.png is not a JPEG" in refusal


def test_the_emergency_stop_is_shown_until_it_is_released(cli: Cli) -> None:
    cli.says("import", str(cli.file), "--bot", "@shop_bot")
    assert cli.says("stop", "--all") == "The emergency stop is engaged: no bot sends until `resume --all`.\n"
    assert "the emergency stop is engaged" in cli.says("show", "--bot", "@shop_bot")
    assert cli.says("resume", "--all").startswith("The emergency stop is released")
    assert "emergency" not in cli.says("show", "--bot", "@shop_bot")


def test_a_refusal_is_one_line_on_stderr(cli: Cli) -> None:
    cli.file.write_text("zone: UTC\nsteps:\n- schedule: soon\n  blocks: [x]\n", encoding="utf-8")
    assert cli.refuses("import", str(cli.file), "--bot", "@shop_bot").startswith(
        f"{cli.file}, line 3, steps[0].schedule: The schedule 'soon' cannot be read"
    )
    assert "There is no bot @nobody" in cli.refuses("publish", "--bot", "@nobody")


def test_a_stop_for_an_empty_name_stops_nobody(cli: Cli) -> None:
    cli.says("import", str(cli.file), "--bot", "@shop_bot")
    assert "There is no bot @" in cli.refuses("stop", "--bot", "")
    assert "emergency" not in cli.says("show", "--bot", "@shop_bot")


def test_a_missing_setting_or_database_is_named(cli: Cli) -> None:
    assert "DATABASE_URL" in cli.refuses("show", "--bot", "@shop_bot", DATABASE_URL="")
    refusal = cli.refuses("show", "--bot", "@shop_bot", DATABASE_URL="postgresql://u:hunter2@127.0.0.1:1/none")
    assert "PostgreSQL" in refusal
    assert "hunter2" not in refusal


@pytest.mark.parametrize("args", [(), ("stop",), ("stop", "--all", "--bot", "@x"), ("resume",), ("import", "f.yaml")])
def test_half_a_command_is_refused_with_its_usage(cli: Cli, args: tuple[str, ...]) -> None:
    done = cli.run(*args)
    assert done.returncode == 2
    assert "usage: python -m engine campaigns" in done.stderr


def test_an_export_imports_as_the_same_draft(cli: Cli) -> None:
    bot = ("--bot", "@shop_bot")
    cli.says("import", str(cli.file), *bot)
    exported = cli.says("export", *bot)
    assert exported.startswith(
        "threshold: 10m\nzone: America/Sao_Paulo\nsteps:\n  - key: reminder\n    schedule: now\n"
    )
    cli.file.write_text(exported, encoding="utf-8")
    assert "the draft is now revision 1" in cli.says("import", str(cli.file), *bot)
    assert cli.says("diff", *bot, str(cli.file)) == f"{cli.file} is the draft revision 1.\n"


def test_a_difference_is_shown_between_file_draft_and_version(cli: Cli) -> None:
    bot = ("--bot", "@shop_bot")
    cli.says("import", str(cli.file), *bot)
    assert "nothing is published" in cli.says("diff", *bot)
    cli.says("publish", *bot)
    assert cli.says("diff", *bot) == "The draft revision 1 is version 1.\n"
    cli.file.write_text(CAMPAIGN.replace("threshold: 10m", "threshold: 20m"), encoding="utf-8")
    shown = cli.says("diff", str(cli.file), *bot)
    assert shown.startswith(f"--- draft revision 1\n+++ {cli.file}\n@@ ")
    assert "\n-threshold: 10m\n+threshold: 20m\n zone: America/Sao_Paulo\n" in shown
    cli.says("import", str(cli.file), *bot)
    assert cli.says("diff", *bot).startswith("--- version 1\n+++ draft revision 2\n")


def test_versions_are_listed_and_one_becomes_the_draft_again(cli: Cli) -> None:
    bot = ("--bot", "@shop_bot")
    cli.says("import", str(cli.file), *bot)
    assert cli.says("versions", *bot) == "@shop_bot: nothing is published yet.\n"
    cli.says("publish", *bot)
    first = cli.says("export", *bot, "--version", "1")
    cli.file.write_text(CAMPAIGN.replace("Bom dia", "Boa tarde"), encoding="utf-8")
    cli.says("import", str(cli.file), *bot)
    cli.says("publish", *bot)
    listed = r" {4}2  \w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d -03  in force\n {4}1  \w{3} [-0-9: ]+ -03\n"
    assert re.fullmatch(listed, cli.says("versions", *bot))
    said = "@shop_bot: version 1 is now the draft, revision 3; publish it to send it.\n"
    assert cli.says("revert", *bot, "--to", "1") == said
    assert cli.says("export", *bot) == first
    assert "@shop_bot has no version 9: `python -m engine campaigns versions" in cli.refuses(
        "revert", *bot, "--to", "9"
    )
