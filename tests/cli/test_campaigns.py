"""The command line for campaigns, from its real door: what it says, where, and its exit status."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import asyncpg
import pytest

from tests.cli.command import Cli
from tests.media.files import PNG

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


class Campaigns(Cli):
    """Runs `campaigns` on a file and one bot."""

    @property
    def file(self) -> Path:
        return self.directory / "campaign.yaml"

    def run(self, *words: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        return super().run("campaigns", *words, stdin=stdin, **environ)


@pytest.fixture
async def cli(redis_url: str, database_url: str, tmp_path: Path) -> Campaigns:
    connection = await asyncpg.connect(database_url)
    await connection.execute("INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop_bot', '', 0)")
    await connection.close()
    campaigns = Campaigns(redis_url, database_url, tmp_path)
    campaigns.file.write_text(CAMPAIGN, encoding="utf-8")
    return campaigns


def test_a_campaign_goes_from_its_file_to_live_to_stopped(cli: Campaigns) -> None:
    bot = ("--bot", "@shop_bot")
    assert cli.says("import", str(cli.file), *bot) == "@shop_bot: the draft is now revision 1; publish it to send it.\n"
    assert cli.says("publish", *bot) == "@shop_bot: version 1 is published.\n"
    assert cli.says("activate", *bot) == "@shop_bot: the campaign is live.\n"
    assert cli.says("pause", *bot) == "@shop_bot: the campaign is paused.\n"
    assert cli.says("stop", *bot) == "@shop_bot: the campaign is stopped.\n"


def test_a_shadow_says_that_it_sends_nothing(cli: Campaigns) -> None:
    bot = ("--bot", "@shop_bot")
    cli.says("import", str(cli.file), *bot)
    cli.says("publish", *bot)
    said = "@shop_bot: the campaign is shadow: what it would send is recorded, and nothing is sent.\n"
    assert cli.says("shadow", *bot) == said
    assert "nothing is sent until `activate`" in cli.says("show", *bot)
    assert cli.says("activate", *bot) == "@shop_bot: the campaign is live.\n"
    assert "A campaign that is live cannot take shadow: stop it first." in cli.refuses("shadow", *bot)


def test_show_tells_the_dates_of_a_silence_that_begins_now(cli: Campaigns) -> None:
    cli.says("import", str(cli.file), "--bot", "shop_bot")
    shown = cli.says("show", "--bot", "@shop_bot")
    moment = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d"
    assert re.fullmatch(
        rf"""@shop_bot: draft, nothing published, draft revision 1
threshold 10m, lateness 6h, zone America/Sao_Paulo, customers who paid are left alone
this is the draft: publish it to send it
somebody who falls silent now \({moment} \d\d:\d\d:\d\d -03\) gets:
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


def test_the_files_that_a_campaign_names_are_added_before_it(cli: Campaigns) -> None:
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


def test_the_emergency_stop_is_shown_until_it_is_released(cli: Campaigns) -> None:
    cli.says("import", str(cli.file), "--bot", "@shop_bot")
    assert cli.says("stop", "--all") == "The emergency stop is engaged: no bot sends until `resume --all`.\n"
    assert "the emergency stop is engaged" in cli.says("show", "--bot", "@shop_bot")
    assert cli.says("resume", "--all").startswith("The emergency stop is released")
    assert "emergency" not in cli.says("show", "--bot", "@shop_bot")


def test_a_refusal_is_one_line_on_stderr(cli: Campaigns) -> None:
    cli.file.write_text("zone: UTC\nsteps:\n- schedule: soon\n  blocks: [x]\n", encoding="utf-8")
    assert cli.refuses("import", str(cli.file), "--bot", "@shop_bot").startswith(
        f"{cli.file}, line 3, steps[0].schedule: The schedule 'soon' cannot be read"
    )
    assert "There is no bot @nobody" in cli.refuses("publish", "--bot", "@nobody")


def test_a_stop_for_an_empty_name_stops_nobody(cli: Campaigns) -> None:
    cli.says("import", str(cli.file), "--bot", "@shop_bot")
    assert "There is no bot @" in cli.refuses("stop", "--bot", "")
    assert "emergency" not in cli.says("show", "--bot", "@shop_bot")


def test_a_missing_setting_or_database_is_named(cli: Campaigns) -> None:
    assert "DATABASE_URL" in cli.refuses("show", "--bot", "@shop_bot", DATABASE_URL="")
    refusal = cli.refuses("show", "--bot", "@shop_bot", DATABASE_URL="postgresql://u:hunter2@127.0.0.1:1/none")
    assert "PostgreSQL" in refusal
    assert "hunter2" not in refusal


@pytest.mark.parametrize("args", [(), ("stop",), ("stop", "--all", "--bot", "@x"), ("resume",), ("import", "f.yaml")])
def test_half_a_command_is_refused_with_its_usage(cli: Campaigns, args: tuple[str, ...]) -> None:
    done = cli.run(*args)
    assert done.returncode == 2
    assert "usage: python -m engine campaigns" in done.stderr


def test_an_export_imports_as_the_same_draft(cli: Campaigns) -> None:
    bot = ("--bot", "@shop_bot")
    cli.says("import", str(cli.file), *bot)
    exported = cli.says("export", *bot)
    assert exported.startswith(
        "threshold: 10m\nzone: America/Sao_Paulo\nsteps:\n  - key: reminder\n    schedule: now\n"
    )
    cli.file.write_text(exported, encoding="utf-8")
    assert "the draft is now revision 1" in cli.says("import", str(cli.file), *bot)
    assert cli.says("diff", *bot, str(cli.file)) == f"{cli.file} is the draft revision 1.\n"


def test_a_difference_is_shown_between_file_draft_and_version(cli: Campaigns) -> None:
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


def test_versions_are_listed_and_one_becomes_the_draft_again(cli: Campaigns) -> None:
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


def test_programs_read_what_people_see(cli: Campaigns) -> None:
    bot = ("--bot", "@shop_bot")
    assert json.loads(cli.says("import", str(cli.file), *bot, "--json")) == {"revision": 1, "added": []}
    assert json.loads(cli.says("diff", *bot, "--json")) == {"before": None, "after": "draft revision 1", "diff": None}
    cli.says("publish", *bot)
    compared = {"before": "version 1", "after": "draft revision 1", "diff": ""}
    assert json.loads(cli.says("diff", *bot, "--json")) == compared
    (version,) = json.loads(cli.says("versions", *bot, "--json"))
    assert (version["number"], version["in_force"]) == (1, True)
    shown = json.loads(cli.says("show", *bot, "--json"))
    assert (shown["state"], shown["published_version"], shown["zone"]) == ("draft", 1, "America/Sao_Paulo")
    reminder, spare, morning = shown["steps"]
    assert reminder["due_ms"] == shown["silent_since_ms"] + shown["threshold_ms"]
    assert (spare["due_ms"], spare["active"]) == (None, False)
    assert morning["due_ms"] > reminder["due_ms"]
    assert [block["outline"] for block in morning["blocks"]] == ["text “Bom dia”"]


def test_reading_needs_no_redis_and_writing_does(cli: Campaigns) -> None:
    bot, nowhere = ("--bot", "@shop_bot"), "redis://127.0.0.1:1/0"
    cli.says("import", str(cli.file), *bot)
    for words in (("show",), ("export",), ("diff",), ("versions",)):
        cli.says(*words, *bot, REDIS_URL=nowhere)
    assert "check REDIS_URL" in cli.refuses("publish", *bot, REDIS_URL=nowhere)
