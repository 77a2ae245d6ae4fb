"""What a run of first light can be asked for, and which wishes do not go together."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bench.harness.arguments import whole

MOST_CHATS: Final = 5_000
MOST_BOTS: Final = 10
MOST_SHARDS: Final = 8
MOST_STANDBYS: Final = 2
_FEWEST_BOTS: Final = 3


class Given(NamedTuple):
    """`reshard`: the number of shards that there are to be in the end. `bots`: at least one for each shard."""

    json: bool
    record: Path | None
    logs: Path | None
    bots: int
    chats: int
    seed: int
    shards: int
    standbys: int
    reshard: int | None
    webhook: bool
    kill_poller: bool
    freeze_poller: bool


def read(arguments: Sequence[str], about: str) -> Given:
    """Ends the process with a sentence if they make no sense."""
    parser = _parser(about)
    given = parser.parse_args(arguments)
    before, after = given.reshard or (given.shards, None)
    if before != given.shards:
        parser.error(f"--reshard begins at {before}, but --shards is {given.shards}: give the same number.")
    bots = given.bots or max(_FEWEST_BOTS, given.shards, after or 1)
    return Given(**vars(given) | {"bots": bots, "reshard": after})


def _parser(about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench exactly-once", description=about)
    parser.add_argument("--json", action="store_true", help="nothing but one JSON object")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write every request that the sandbox received")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what the processes say there")
    parser.add_argument("--bots", type=whole(1, MOST_BOTS), help="by itself 3, or one for each shard if that is more")
    parser.add_argument("--chats", type=whole(1, MOST_CHATS), default=200, help="of each bot")
    parser.add_argument("--seed", type=int, default=0, help="decides who does what and when")
    parser.add_argument("--shards", type=whole(1, MOST_SHARDS), default=1, help="the bots are shared among so many")
    parser.add_argument("--standbys", type=whole(0, MOST_STANDBYS), default=0, help="pollers that wait, for each shard")
    parser.add_argument(
        "--webhook", action="store_true", help="two receivers by webhook; both are restarted in mid-run"
    )
    parser.add_argument("--reshard", type=_from_to, metavar="A:B", help="change the number of shards in mid-run")
    parser.add_argument("--kill-poller", action="store_true", help="kill -9 one that is sending, in mid-run")
    parser.add_argument("--freeze-poller", action="store_true", help="let one that is sending stand still for 10 s")
    return parser


def _from_to(text: str) -> tuple[int, int]:
    """A:B as two numbers of shards."""
    before, colon, after = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError("write it as FROM:TO, such as 3:5")
    number = whole(1, MOST_SHARDS)
    return number(before), number(after)
