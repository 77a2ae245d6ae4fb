"""The one command line: `python -m engine NOUN VERB ...`, installed as `recovery`.

A noun's module is imported only when it is named, so that no command waits for what another one needs. The exit status
is 0 for done, 1 for refused (one line on standard error names the mend) and 2 for wrong words (the usage is there).
"""

import asyncio
import inspect
import sys
from collections.abc import Sequence
from typing import Final

from cyclopts import App, CycloptsError, Parameter
from cyclopts.help import format_usage
from rich.console import Console

from engine.cli.shared import PROGRAM, example
from engine.core.errors import RecoveryError
from engine.runtime.library_log import take_over
from engine.runtime.telemetry import refuse, repeated
from engine.settings import early_log_format

_NOUNS: Final = {
    "bots": "Register, pace, pause and remove the bots whose users are watched.",
    "campaigns": "Import, publish and run the campaigns.",
    "payments": "Import payments from another system.",
    "deliveries": "List and settle what was sent without an answer.",
    "media": "Manage the files that campaigns send.",
    "inspect": "Show the state of one chat, and why nothing is sent to it.",
    "rebuild": "Put the timers in Redis back from PostgreSQL, by hand.",
    "rehearse": "Play the draft to somebody who has started the bot, sixty times as fast.",
    "keys": "Move the bots' tokens to a new ENCRYPTION_KEY, and see when the old one may go.",
    "migrate": "Bring the database up to date: the release step of a deploy.",
}

_RELEASE: Final = "migrate"
"""A step of a deploy, whose refusal goes into a log. The other commands answer whoever typed them."""
_ONE_LINE: Final = 400
"""Outside of a terminal a sentence of the help is never broken."""

app = App(
    PROGRAM,
    help="Notices when a chat falls silent, and sends the sequence that its admins composed.",
    default_parameter=Parameter(negative=(), show_default=False),
    console=None if sys.stdout.isatty() else Console(width=_ONE_LINE),
    help_format="plaintext",
    help_formatter="default" if sys.stdout.isatty() else "plain",
    help_epilogue=example("bots list"),
    version_flags=(),
)
for _noun, _help in _NOUNS.items():
    app.command(f"engine.cli.{_noun}:app", name=_noun, help=_help)
if PROGRAM == "recovery":
    app.register_install_completion_command(help="Let this shell complete commands and options.")


def run(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _act(words)
    except CycloptsError as error:
        sys.stderr.write(f"{_usage(words)}\n{error}\n")
        return 2
    except RecoveryError as error:
        refuse(error, early_log_format() if words[:1] == [_RELEASE] else "console")
        return 1


def _act(words: list[str]) -> int:
    command, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    if command == app.help_print and not {"--help", "-h"} & set(words):
        sys.stderr.write(f"{_usage(words)}\nName a command: `{PROGRAM} {' '.join([*words, '--help'])}` lists them.\n")
        return 2
    done = command(*bound.args, **bound.kwargs)
    if inspect.iscoroutine(done):
        asyncio.run(done)
    return 0


def _usage(words: list[str]) -> str:
    chain, _, _ = app.parse_commands(words)
    return f"usage: {format_usage(app, chain).plain.strip()}"


def main() -> int:
    take_over(sys.stderr)
    try:
        return run()
    finally:
        repeated.tell()


if __name__ == "__main__":
    sys.exit(main())
