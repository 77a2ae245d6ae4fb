"""The command line for campaigns: `python -m engine campaigns --help` says what it can do.

A refusal is one line on stderr and exit status 1. The time is PostgreSQL's: what is activated or paused here counts
from then, on whatever host the command is given.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias, get_args

from engine import campaign_file
from engine.administration import campaign_views, campaigns
from engine.administration.campaign_views import Overview
from engine.administration.campaigns import Publishing
from engine.campaign_file import Added, NamedFiles
from engine.cli.block_line import outline
from engine.core.campaign.forecast import PlannedStep
from engine.core.campaign.snapshot import Snapshot, Step
from engine.core.change import Change
from engine.core.delivery.replan import Policy
from engine.core.schedule import sending_hours, step_schedule
from engine.media.library import Library
from engine.runtime.process import command
from engine.settings import Settings, load_settings
from storage.postgres.pool import Pool, now_ms, open_pool

Command: TypeAlias = Callable[[argparse.Namespace, Settings, Pool], Awaitable[str]]

_MOST: Final = 2**31 - 1
_DIGITS: Final = 12
_MOMENT: Final = "%a %Y-%m-%d %H:%M:%S %Z"


@command
def main(argv: Sequence[str]) -> None:
    args = _parser().parse_args(argv)
    said = asyncio.run(_run(args, load_settings()))
    sys.stdout.write(f"{said}\n")


async def _run(args: argparse.Namespace, settings: Settings) -> str:
    pool = await open_pool(settings.database_url)
    try:
        return await _COMMANDS[args.command](args, settings, pool)
    finally:
        await pool.close()


async def _import(args: argparse.Namespace, settings: Settings, pool: Pool) -> str:
    least, files = settings.min_threshold_ms, NamedFiles()
    draft = campaign_file.load(args.file, least, files.hash_of)
    added = await files.add(Library(pool, settings.media_dir), await now_ms(pool))
    revision = await campaigns.import_draft(pool, args.bot, draft, least, await _change(pool))
    said = f"{args.bot}: the draft is now revision {revision}; publish it to send it."
    return "\n".join([*map(_added, added), said])


async def _publish(args: argparse.Namespace, settings: Settings, pool: Pool) -> str:
    how = Publishing(mode="keep" if args.keep_hours else "update", include=args.include_silent)
    version = await campaigns.publish(pool, args.bot, settings.min_threshold_ms, await _change(pool), how)
    return f"{args.bot}: version {version} is published."


async def _show(args: argparse.Namespace, _: Settings, pool: Pool) -> str:
    at_ms = await now_ms(pool)
    return "\n".join(_lines(args.bot, await campaign_views.show(pool, args.bot, at_ms), at_ms))


async def _export(args: argparse.Namespace, _: Settings, pool: Pool) -> str:
    if args.version is not None:
        return _file(await campaign_views.version(pool, args.bot, args.version))
    return _file((await campaign_views.compare(pool, args.bot)).draft)


async def _diff(args: argparse.Namespace, settings: Settings, pool: Pool) -> str:
    pair = await campaign_views.compare(pool, args.bot)
    draft = f"draft revision {pair.draft_revision}"
    if args.file:
        given = campaign_file.load(args.file, settings.min_threshold_ms, NamedFiles().hash_of)
        return campaign_file.diff(pair.draft, given, draft, str(args.file)) or f"{args.file} is the {draft}."
    if pair.published is None:
        return f"{args.bot}: nothing is published; `export` shows the {draft}, and `publish` makes it version 1."
    published = f"version {pair.published_version}"
    return campaign_file.diff(pair.published, pair.draft, published, draft) or f"The {draft} is {published}."


async def _versions(args: argparse.Namespace, _: Settings, pool: Pool) -> str:
    history = await campaign_views.history(pool, args.bot)
    lines = [
        f"{item.number:>5}  {_moment(item.published_at, history.zone)}{'  in force' * item.in_force}"
        for item in history.versions
    ]
    return "\n".join(lines or [f"{args.bot}: nothing is published yet."])


async def _revert(args: argparse.Namespace, _: Settings, pool: Pool) -> str:
    revision = await campaigns.revert(pool, args.bot, args.to, await _change(pool))
    return f"{args.bot}: version {args.to} is now the draft, revision {revision}; publish it to send it."


async def _activate(args: argparse.Namespace, _: Settings, pool: Pool) -> str:
    state = await campaigns.activate(pool, args.bot, await _change(pool), args.delays)
    return f"{args.bot}: the campaign is {state}."


async def _finish(args: argparse.Namespace, _: Settings, pool: Pool) -> str:
    state = await campaigns.finish(pool, args.bot, await _change(pool))
    return f"{args.bot}: the campaign is {state}: nobody new begins, and whoever has begun gets the rest."


async def _shadow(args: argparse.Namespace, _: Settings, pool: Pool) -> str:
    state = await campaigns.shadow(pool, args.bot, await _change(pool))
    return f"{args.bot}: the campaign is {state}: what it would send is recorded, and nothing is sent."


async def _pause(args: argparse.Namespace, _: Settings, pool: Pool) -> str:
    return f"{args.bot}: the campaign is {await campaigns.pause(pool, args.bot, await _change(pool))}."


async def _stop(args: argparse.Namespace, _: Settings, pool: Pool) -> str:
    if args.all:
        await campaigns.stop_all(pool, await _change(pool))
        return "The emergency stop is engaged: no bot sends until `resume --all`."
    return f"{args.bot}: the campaign is {await campaigns.stop(pool, args.bot, await _change(pool))}."


async def _resume(args: argparse.Namespace, _: Settings, pool: Pool) -> str:
    if not args.all:
        state = await campaigns.resume(pool, args.bot, await _change(pool), args.delays)
        return f"{args.bot}: the campaign is {state}."
    await campaigns.resume_all(pool, await _change(pool))
    return "The emergency stop is released: each campaign goes on in the state that it has."


_COMMANDS: Final[dict[str, Command]] = {
    "import": _import,
    "publish": _publish,
    "show": _show,
    "export": _export,
    "diff": _diff,
    "versions": _versions,
    "revert": _revert,
    "activate": _activate,
    "shadow": _shadow,
    "pause": _pause,
    "finish": _finish,
    "stop": _stop,
    "resume": _resume,
}


def _version(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:_DIGITS]) <= _MOST):
        raise argparse.ArgumentTypeError("give the number of a version: `versions` lists them")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine campaigns", description="Manage recovery campaigns.")
    commands = parser.add_subparsers(dest="command", required=True)
    of_bot = argparse.ArgumentParser(add_help=False)
    of_bot.add_argument("--bot", required=True, metavar="@name")

    def command_of(name: str, says: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=says, parents=[of_bot])

    command_of("import", "replace a bot's draft by a YAML file").add_argument("file", type=Path, metavar="FILE.yaml")
    exported = command_of("export", "write the draft, or a version, as a YAML file")
    exported.add_argument("--version", type=_version, metavar="N")
    compared = command_of("diff", "show what the draft changes of what is published, or a file of the draft")
    compared.add_argument("file", type=Path, metavar="FILE.yaml", nargs="?")
    command_of("versions", "list what was published")
    reverted = command_of("revert", "make a version the draft again")
    reverted.add_argument("--to", type=_version, required=True, metavar="N")
    published = command_of("publish", "make the draft what is sent")
    published.add_argument("--keep-hours", action="store_true", help="who waits keeps the hour they wait for")
    published.add_argument(
        "--include-silent",
        action="store_true",
        help="a shorter threshold counts for the silences that are armed already",
    )
    command_of("show", "show the campaign, with its dates for a user who falls silent now")
    _add_delays(command_of("activate", "start, or take up a pause and let new ones begin"))
    command_of("finish", "let nobody new begin, and whoever has begun finish")
    command_of("shadow", "record what would be sent from now on, and send nothing")
    command_of("pause", "hold everything in its place")
    stopped = commands.add_parser("stop", help="end a bot's episodes at once, or hold all sending")
    whom = stopped.add_mutually_exclusive_group(required=True)
    whom.add_argument("--bot", metavar="@name")
    whom.add_argument("--all", action="store_true", help="the emergency stop")
    resumed = commands.add_parser("resume", help="take up a pause, or release the emergency stop")
    whose = resumed.add_mutually_exclusive_group(required=True)
    whose.add_argument("--bot", metavar="@name")
    whose.add_argument("--all", action="store_true", help="the emergency stop")
    _add_delays(resumed)
    return parser


def _add_delays(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--delays",
        choices=get_args(Policy),
        default="continue",
        help="what a pause has done to the delays (%(default)s)",
    )


def _file(shown: Snapshot) -> str:
    return campaign_file.write(shown).removesuffix("\n")


def _lines(bot: str, seen: Overview, at_ms: int) -> list[str]:
    shown = seen.shown
    version = f"version {seen.published_version}" if seen.published_version else "nothing published"
    due = {planned.step: _when(planned, shown.zone) for planned in seen.plan}
    return [
        f"{bot}: {seen.state}, {version}, draft revision {seen.draft_revision}",
        _settings(shown),
        *_notes(seen),
        f"who falls silent now ({_moment(at_ms, shown.zone)}) gets:",
        *(line for step in shown.steps for line in _step(step, due.get(step.key, "off"))),
    ]


def _settings(shown: Snapshot) -> str:
    paid = "left alone" if shown.skip_paid else "written to as well"
    threshold, lateness = (step_schedule.write_duration(ms) for ms in (shown.threshold_ms, shown.lateness_ms))
    hours = f", sends {sending_hours.write(shown.window)}" if shown.window else ""
    return f"threshold {threshold}, lateness {lateness}, zone {shown.zone}{hours}, customers who paid are {paid}"


def _notes(seen: Overview) -> list[str]:
    notes = []
    if seen.stopped_everywhere:
        notes.append("the emergency stop is engaged: nothing is sent until `resume --all`")
    if seen.state == "shadow":
        notes.append("in shadow: what it would send is recorded, and nothing is sent until `activate`")
    if seen.published_version is None:
        notes.append("this is the draft: publish it to send it")
    elif not seen.draft_is_published:
        notes.append("the draft differs from what is published: publish it to send it")
    return notes


def _step(step: Step, due: str) -> list[str]:
    head = f"  {step.key:<32} {step_schedule.write(step.schedule):<16} {due}"
    return [head, *(f"    {block.key:<30} {outline(block)}" for block in step.blocks)]


def _added(added: Added) -> str:
    return f"{added.path}: the library has it, a {added.asset.kind} of {added.size} bytes, sha256:{added.asset.sha256}"


def _when(planned: PlannedStep, zone: str) -> str:
    return f"{_moment(planned.due_ms, zone)}{', skipped: outside of the window' * planned.outside}"


def _moment(at_ms: int, zone: str) -> str:
    return step_schedule.local(at_ms, zone).strftime(_MOMENT)


async def _change(pool: Pool) -> Change:
    return Change(actor=f"cli:uid={os.getuid()}", at=await now_ms(pool))
