"""The arguments of a run, and which of them do not go together."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.harness.arguments import whole
from bench.harness.question import Given

MOST_CHATS: Final = 5_000
MOST_BOTS: Final = 10
MOST_SHARDS: Final = 8
MOST_STANDBYS: Final = 2
_FEWEST_BOTS: Final = 3


class Wanted(Given):
    """`reshard`: the number of shards at the end. `bots`: at least one for each shard."""

    record: Path | None
    bots: int
    chats: int
    seed: int
    shards: int
    standbys: int
    reshard: int | None
    webhook: bool
    kill_poller: bool
    kill_receiver: bool
    freeze_poller: bool
    second_reader: bool
    cluster: bool

    def say(self, sentence: str) -> None:
        """Shows no progress with `--json`."""
        if not self.json:
            super().say(sentence)


def parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    """Ends the process with a sentence if the arguments make no sense."""
    _add_arguments(parser)
    given = parser.parse_args(words, Wanted())
    before, after = given.from_to or (given.shards, None)
    if before != given.shards:
        parser.error(f"--reshard begins at {before}, but --shards is {given.shards}: give the same number.")
    if given.second_reader and given.webhook:
        parser.error("--second-reader polls, which no program can do while --webhook is set: choose one of them.")
    if given.kill_receiver and given.webhook:
        parser.error("--kill-receiver leaves nobody who listens, and --webhook has two receivers: choose one of them.")
    given.reshard = after
    given.bots = given.bots or max(_FEWEST_BOTS, given.shards, after or 1)
    return given


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--record", type=Path, metavar="FILE", help="write every request that the sandbox receives")
    parser.add_argument("--bots", type=whole(1, MOST_BOTS), help="by default 3, or one for each shard if that is more")
    parser.add_argument("--chats", type=whole(1, MOST_CHATS), default=200, help="of each bot")
    parser.add_argument("--seed", type=int, default=0, help="decides who does what and when")
    parser.add_argument("--shards", type=whole(1, MOST_SHARDS), default=1, help="the bots are divided among them")
    parser.add_argument("--standbys", type=whole(0, MOST_STANDBYS), default=0, help="waiting pollers for each shard")
    parser.add_argument(
        "--webhook", action="store_true", help="two receivers by webhook, both restarted during the run"
    )
    parser.add_argument(
        "--reshard", type=_from_to, metavar="A:B", dest="from_to", help="change the number of shards during the run"
    )
    parser.add_argument("--kill-poller", action="store_true", help="kill -9 a poller that is sending")
    parser.add_argument(
        "--kill-receiver", action="store_true", help="kill -9 the receiver, and start another 20 s later"
    )
    parser.add_argument("--freeze-poller", action="store_true", help="stop a poller that is sending for 10 s")
    parser.add_argument(
        "--second-reader", action="store_true", help="another program takes updates of the bots for some seconds"
    )
    parser.add_argument(
        "--cluster",
        action="store_true",
        help="Redis is a cluster: a bot's slot moves during the run, and its node dies",
    )


def _from_to(text: str) -> tuple[int, int]:
    """Two numbers of shards, written as A:B."""
    before, colon, after = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError("write it as FROM:TO, such as 3:5")
    number = whole(1, MOST_SHARDS)
    return number(before), number(after)
