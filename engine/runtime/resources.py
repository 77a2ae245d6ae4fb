"""What a process takes of the machine: files, connections, the garbage collector's time."""

import gc
import resource
from typing import Final

MOST_FILES: Final = 20_000


def keep_what_is_loaded() -> None:
    """Spare every later collection the libraries, which stay to the end: a pause of a tenth of a second each time."""
    gc.collect()
    gc.freeze()


def allow_many_connections() -> int:
    """Let this process open as many files as the machine lets it, within reason; returns how many."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return most_files()


def most_files() -> int:
    """So many files and connections may be open at a time."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FILES if allowed == resource.RLIM_INFINITY else min(allowed, MOST_FILES)
