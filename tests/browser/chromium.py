"""Where a Chromium is, and a running one: headless, with a profile of its own, ended by its own process id.

No driver package: what these tests need of the DevTools protocol is a few commands over one WebSocket, and a driver
would bring a browser of its own to download.
"""

import collections
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_LISTENING = "DevTools listening on "
_PATIENCE_S = 20
_OPTIONS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--mute-audio",
    "--lang=en-GB",
)


def find_chromium() -> str | None:
    """Give the path of a Chromium, `CHROMIUM` first; None if there is none."""
    given = os.environ.get("CHROMIUM")
    return given or next((found for name in _NAMES if (found := shutil.which(name))), None)


@contextmanager
def running(program: str) -> Iterator[str]:
    """Run it for as long as the block lasts; give the address of its DevTools."""
    # As root Chromium has no sandbox of its own; it meets nothing but a page on loopback.
    alone = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        command = [program, *_OPTIONS, *alone, f"--user-data-dir={profile}", "about:blank"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - found above
            try:
                address = _address(process)
                with _listening(process):
                    yield address
            finally:
                process.terminate()
                _wait_for(process)


def _address(process: "subprocess.Popen[str]") -> str:
    words = []
    for line in process.stderr or ():
        words.append(line)
        if line.startswith(_LISTENING):
            return line.removeprefix(_LISTENING).strip()
    raise RuntimeError(f"Chromium did not start: {''.join(words)}")


@contextmanager
def _listening(process: "subprocess.Popen[str]") -> Iterator[None]:
    """Take away what it says, so that it never waits for a reader; then end it, and with it its words."""
    listener = threading.Thread(target=collections.deque, args=(process.stderr, 0))
    listener.start()
    try:
        yield
    finally:
        process.terminate()
        _wait_for(process)
        listener.join()


def _wait_for(process: "subprocess.Popen[str]") -> None:
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
