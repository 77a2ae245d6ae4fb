"""`python -m bench`: lists the questions that it can answer; `python -m bench QUESTION --help` says how to ask one."""

import sys
from collections.abc import Callable, Sequence
from typing import Final

from bench.questions.burst import question as burst
from bench.questions.exactly_once import question as exactly_once
from bench.questions.faults import question as faults
from bench.questions.idle import question as idle
from bench.questions.manager_latency import question as manager_latency
from bench.questions.media_memory import question as media_memory
from bench.questions.message_kinds import question as message_kinds
from bench.questions.sandbox_speed import question as sandbox_speed

_QUESTIONS: Final[dict[str, tuple[Callable[[Sequence[str]], int], str]]] = {
    "burst": (burst.main, "does every bot keep its pace, and leave the others theirs, when all is due at once?"),
    "exactly-once": (exactly_once.main, "is every message that is owed sent once, in time, and no other?"),
    "faults": (faults.main, "what comes of each fault of the wire, at each block of a step?"),
    "idle": (idle.main, "what does an armed chat cost while nothing is due?"),
    "manager-latency": (
        manager_latency.main,
        "how fast does the manager show its screens, and do more data cost more statements?",
    ),
    "media-memory": (media_memory.main, "what does the sender's memory do while big files go out?"),
    "message-kinds": (
        message_kinds.main,
        "does every kind of message arrive as composed, once, and go when it has to?",
    ),
    "sandbox-speed": (sandbox_speed.main, "what does a call of the local Bot API cost?"),
}


def main(arguments: Sequence[str]) -> int:
    if not arguments:
        print("\n".join(f"{name:<17}{asks}" for name, (_, asks) in _QUESTIONS.items()))
        return 0
    name, *rest = arguments
    if name not in _QUESTIONS:
        sys.stderr.write(f"There is no question {name!r}: ask one of {', '.join(_QUESTIONS)}.\n")
        return 2
    return _QUESTIONS[name][0](rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
