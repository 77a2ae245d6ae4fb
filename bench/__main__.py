"""`python -m bench` lists the questions that it can answer; `python -m bench QUESTION --help` shows how to ask one."""

import sys
from collections.abc import Sequence
from typing import Any, Final

from bench.harness.question import Question
from bench.questions.attack.question import QUESTION as ATTACK
from bench.questions.backup.question import QUESTION as BACKUP
from bench.questions.burst.question import QUESTION as BURST
from bench.questions.chaos.question import QUESTION as CHAOS
from bench.questions.exactly_once.question import QUESTION as EXACTLY_ONCE
from bench.questions.fairness.question import QUESTION as FAIRNESS
from bench.questions.faults.question import QUESTION as FAULTS
from bench.questions.fire.question import QUESTION as FIRE
from bench.questions.flush.question import QUESTION as FLUSH
from bench.questions.idle.question import QUESTION as IDLE
from bench.questions.ingest.question import QUESTION as INGEST
from bench.questions.lateness.question import QUESTION as LATENESS
from bench.questions.manager_latency.question import QUESTION as MANAGER_LATENCY
from bench.questions.media_memory.question import QUESTION as MEDIA_MEMORY
from bench.questions.memory.question import QUESTION as MEMORY
from bench.questions.message_kinds.question import QUESTION as MESSAGE_KINDS
from bench.questions.model.question import QUESTION as MODEL
from bench.questions.mutants.question import QUESTION as MUTANTS
from bench.questions.peers.question import QUESTION as PEERS
from bench.questions.sandbox_speed.question import QUESTION as SANDBOX_SPEED
from bench.questions.scale.question import QUESTION as SCALE
from bench.questions.send.question import QUESTION as SEND
from bench.questions.simulate.question import QUESTION as SIMULATE
from bench.questions.touch.question import QUESTION as TOUCH

_QUESTIONS: Final[Sequence[Question[Any]]] = (
    ATTACK,
    BACKUP,
    BURST,
    CHAOS,
    EXACTLY_ONCE,
    FAIRNESS,
    FAULTS,
    FIRE,
    FLUSH,
    IDLE,
    INGEST,
    LATENESS,
    MANAGER_LATENCY,
    MEDIA_MEMORY,
    MEMORY,
    MESSAGE_KINDS,
    MODEL,
    MUTANTS,
    PEERS,
    SANDBOX_SPEED,
    SCALE,
    SEND,
    SIMULATE,
    TOUCH,
)


def main(arguments: Sequence[str]) -> int:
    questions = {question.command: question for question in _QUESTIONS}
    if not arguments:
        print("\n".join(f"{command:<17}{question.summary}" for command, question in questions.items()))
        return 0
    command, *rest = arguments
    if command not in questions:
        sys.stderr.write(f"There is no question {command!r}: ask one of {', '.join(questions)}.\n")
        return 2
    return questions[command].main(rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
