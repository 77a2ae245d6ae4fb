"""`python -m engine payments import`: what it says, for people and for programs."""

import json

from storage.postgres.pool import Pool
from tests.chats.test_payments_import import GOOD, file_of, pool, stored
from tests.cli.command import Cli

__all__ = ["pool"]


async def test_from_its_door(pool: Pool, cli: Cli) -> None:
    path = file_of(cli.directory, GOOD, "x")
    importing = ("payments", "import", str(path), "--bot", "@shop_bot", "--skip-bad")
    assert cli.says(*importing).splitlines() == [
        "2 lines below the header: 1 new, 0 repeated, 0 refunded, 1 left out, 0 blank; 0 episodes ended.",
        "Line 3: it has 1 fields: give 6, as in the header.",
    ]
    assert len(await stored(pool)) == 1
    assert json.loads(cli.says(*importing, "--json")) == {
        "lines": 2,
        "new": 0,
        "repeated": 1,
        "refunded": 0,
        "ended": 0,
        "blank": 0,
        "bad": [{"line": 3, "fault": "it has 1 fields: give 6, as in the header"}],
    }
