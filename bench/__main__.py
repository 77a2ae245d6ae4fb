"""`python -m bench`: lists the questions that it can answer; `python -m bench QUESTION --help` says how to ask one."""

import sys
from collections.abc import Callable, Sequence
from typing import Final

from bench.faults import question as faults
from bench.first_light import question as first_light
from bench.herd import question as herd
from bench.idle import question as idle
from bench.manager import question as manager
from bench.memory import question as media
from bench.parade import question as parade
from bench.speed import question as speed

_QUESTIONS: Final[dict[str, tuple[Callable[[Sequence[str]], int], str]]] = {
    "faults": (faults.main, "what comes of each fault of the wire, at each block of a step?"),
    "first-light": (first_light.main, "is every message that is owed sent once, in time, and no other?"),
    "herd": (herd.main, "does every bot keep its pace, and leave the others theirs, when all is due at once?"),
    "idle": (idle.main, "what does an armed chat cost while nothing is due?"),
    "manager": (manager.main, "how fast does the manager show its screens, and do more data cost more statements?"),
    "media": (media.main, "what does the sender's memory do while big files go out?"),
    "parade": (parade.main, "does every kind of message arrive as composed, once, and go when it has to?"),
    "sandbox": (speed.main, "what does a call of the local Bot API cost?"),
}


def main(arguments: Sequence[str]) -> int:
    if not arguments:
        print("\n".join(f"{name:<14}{asks}" for name, (_, asks) in _QUESTIONS.items()))
        return 0
    name, *rest = arguments
    if name not in _QUESTIONS:
        sys.stderr.write(f"There is no question {name!r}: ask one of {', '.join(_QUESTIONS)}.\n")
        return 2
    return _QUESTIONS[name][0](rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
