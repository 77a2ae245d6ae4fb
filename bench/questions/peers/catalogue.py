"""The rows: each way to do the work, the script that does it, and the command of its workers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

TOUCH: Final = "touch"
MEMORY: Final = "memory"
FIRE: Final = "fire"
_ALL: Final = frozenset({TOUCH, MEMORY, FIRE})
OURS: Final = "ours"
"""The environment that the bench itself runs in."""


class Way(NamedTuple):
    """`pins`: which environment it needs. `workers`: command lines, the first word found in that environment.

    `asked`: what its processes are told beside the work. `thorough`: measured in each round, and with `--quick` too.
    `workers_hold`: whether workers keep the timers in their own memory.
    """

    name: str
    pins: str
    script: str
    asked: Mapping[str, Any] = {}
    workers: Sequence[Sequence[str]] = ()
    works: frozenset[str] = _ALL
    thorough: bool = False
    workers_hold: bool = False


LISTS: Final = Way("recovery engine, lists of 512", OURS, "ours", {"way": "lists"}, thorough=True)
SINGLE: Final = Way(
    "recovery engine, 1,000 single awaits", OURS, "ours", {"way": "single"}, works=frozenset({TOUCH}), thorough=True
)
CELERY: Final = Way(
    "Celery, a task for every message",
    "celery",
    "celery_design.py",
    workers=(("celery", "-A", "celery_design", "worker", "--concurrency", "2", "--loglevel", "warning"),),
    thorough=True,
    workers_hold=True,
)
CELERY_FIVE: Final = CELERY._replace(
    name="Celery, five messages before each silence",
    asked={"messages": 5},
    works=frozenset({FIRE}),
    thorough=False,
)
_ARQ_WORKERS: Final = (("arq", "arq_job.WorkerSettings"),)
ARQ_NEW_JOB: Final = Way(
    "arq, a job for every message",
    "arq",
    "arq_job.py",
    {"way": "new-job"},
    _ARQ_WORKERS,
    frozenset({TOUCH, MEMORY}),
    thorough=True,
)
ARQ_SAME_ID: Final = Way(
    "arq, key deleted, same id", "arq", "arq_job.py", {"way": "same-id"}, _ARQ_WORKERS, thorough=True
)
ARQ_TUNED: Final = Way(
    "arq, the same, poll_delay 0.05, max_jobs 1000",
    "arq",
    "arq_job.py",
    {"way": "same-id", "poll_delay_s": 0.05, "max_jobs": 1000},
    _ARQ_WORKERS,
    frozenset({FIRE}),
    thorough=True,
)
_BULLMQ_WORKERS: Final = (("node", "bullmq_worker.cjs"),)
BULLMQ_ADD: Final = Way(
    "BullMQ, add with deduplication", "bullmq", "bullmq_queue.cjs", {"way": "add"}, _BULLMQ_WORKERS, thorough=True
)
BULLMQ_CHANGE_DELAY: Final = Way(
    "BullMQ, changeDelay of a kept job",
    "bullmq",
    "bullmq_queue.cjs",
    {"way": "changeDelay"},
    _BULLMQ_WORKERS,
    frozenset({TOUCH}),
    thorough=True,
)
_OTHERS: Final = (
    Way("SAQ, a job for every message", "saq", "saq_job.py", workers=(("saq", "saq_job.settings"),)),
    Way(
        "streaQ, a task for every message",
        "streaq",
        "streaq_task.py",
        workers=(("streaq", "run", "streaq_task:worker"),),
    ),
    Way(
        "taskiq, schedule deleted and added",
        "taskiq",
        "taskiq_schedule.py",
        workers=(
            ("taskiq", "worker", "taskiq_schedule:broker"),
            ("taskiq", "scheduler", "taskiq_schedule:scheduler", "--update-interval", "1"),
        ),
    ),
    Way(
        "RQ, enqueue_in with the same id",
        "rq",
        "rq_job.py",
        workers=(("rq", "worker", "--with-scheduler", "-c", "protocol"),),
    ),
    Way(
        "Dramatiq, a message for every message",
        "dramatiq",
        "dramatiq_actor.py",
        workers=(("dramatiq", "dramatiq_actor"),),
        workers_hold=True,
    ),
    Way("APScheduler 3, job replaced", "apscheduler", "apscheduler_job.py"),
)

WAYS: Final[Sequence[Way]] = (
    LISTS,
    SINGLE,
    CELERY,
    CELERY_FIVE,
    ARQ_NEW_JOB,
    ARQ_SAME_ID,
    ARQ_TUNED,
    BULLMQ_ADD,
    BULLMQ_CHANGE_DELAY,
    *_OTHERS,
)


def wanted(*, quick: bool) -> list[Way]:
    return [way for way in WAYS if way.thorough or not quick]


def environments(ways: Iterable[Way]) -> list[str]:
    """Those to be made, each once."""
    return list(dict.fromkeys(way.pins for way in ways if way.pins != OURS))
