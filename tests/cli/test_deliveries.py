"""`python -m engine deliveries`: what it lists is what it settles."""

import json

from storage.postgres.pool import Pool
from tests.administration.test_deliveries import CLAIMED, PLACE, pool, status
from tests.cli.command import Cli

__all__ = ["pool"]


async def test_a_listed_line_is_what_settling_takes(pool: Pool, cli: Cli) -> None:
    listed = cli.says("deliveries", "unknown", "--bot", "@shop_bot").splitlines()
    first = "--chat 41 --episode 1800000000000 --block hello/one"
    assert listed[0] == f"{first}  2027-01-15 08:01:00 UTC"
    settling = ("deliveries", "settle", "--bot", "@shop_bot", *first.split(), "--as", "sent")
    assert cli.says(*settling) == "hello/one for chat 41 counts as sent.\n"
    assert "no such unknown delivery" in cli.refuses(*settling)
    assert await status(pool, PLACE) == ("sent", None, CLAIMED)


async def test_programs_read_the_moment_and_people_the_local_time(pool: Pool, cli: Cli) -> None:
    await pool.execute(
        "INSERT INTO recovery_campaigns (bot_id, zone, threshold_ms, lateness_ms)"
        " VALUES (7, 'America/Sao_Paulo', 60000, 60000)"
    )
    listed = json.loads(cli.says("deliveries", "unknown", "--bot", "@shop_bot", "--json"))
    assert listed[0] == {**PLACE._asdict(), "claimed_at_ms": CLAIMED}
    assert cli.says("deliveries", "unknown", "--bot", "@shop_bot").splitlines()[0].endswith("2027-01-15 05:01:00 -03")
