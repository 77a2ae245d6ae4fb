"""What a process uses of the machine: files, connections, the garbage collector's time."""

import gc
import resource
from typing import Final

MOST_FILES: Final = 20_000
_NEW_OBJECTS: Final = 100_000
"""Between two looks. Python's own number, 700, costs a sixth of the CPU of a sign of life. With 10,000, a look during a
herd went through its journeys and took up to 35 ms. Garbage in cycles may take some tens of megabytes meanwhile.
"""


def tune_garbage_collection() -> None:
    """Freeze imported modules out of garbage collection: scanning them costs 100 ms per full collection. Look for
    cycles less often than Python would: each look takes time from the work, and finds next to nothing. A connection, a
    cancelled call or an error may leave a cycle; a message that is sent leaves none.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


def allow_many_connections() -> int:
    """Raise the limit of open files as far as the machine allows, within reason; returns the limit."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return most_files()


def most_files() -> int:
    """How many files and connections may be open at a time."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FILES if allowed == resource.RLIM_INFINITY else min(allowed, MOST_FILES)
