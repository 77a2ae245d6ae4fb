"""`python -m engine media`: adds files to the library, shows what is there, and removes what nothing names any more."""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias, get_args

from engine.core.content.model import Asset, MediaKind
from engine.media import prune
from engine.media.file_kinds import MB
from engine.media.library import Library
from engine.media.paths import needed
from engine.runtime.process import command
from engine.settings import Settings, load_settings
from storage.postgres import media
from storage.postgres.media import Shelved
from storage.postgres.pool import Pool, open_pool

Command: TypeAlias = Callable[[argparse.Namespace, Settings], Coroutine[Any, Any, str]]

_KB: Final = 1024


async def _add(args: argparse.Namespace, settings: Settings) -> str:
    async with _opened(settings) as pool:
        stored = await Library(pool, settings.media_dir).add_file(args.file, args.kind, _now_ms())
    return _named(stored.asset)


async def _list(_: argparse.Namespace, settings: Settings) -> str:
    async with _opened(settings) as pool:
        return _lines(await media.list_all(pool))


async def _prune(args: argparse.Namespace, settings: Settings) -> str:
    directory = needed(settings.media_dir)
    async with _opened(settings) as pool:
        if args.yes:
            return _told("Removed", await prune.prune(pool, directory, _now_ms()))
        found = await prune.unused(pool, _now_ms())
    return _told("Unused", found) + "\n`prune --yes` removes them." * bool(found)


_COMMANDS: Final[dict[str, Command]] = {"add": _add, "list": _list, "prune": _prune}


def _told(what: str, found: list[Shelved]) -> str:
    return f"{_lines(found)}\n{what}: {len(found)}." if found else "Nothing is unused."


def _lines(found: Iterable[Shelved]) -> str:
    return "\n".join(f"{_named(one.asset)}  {_size(one.size)}  {one.mime}  {one.name}" for one in found)


def _named(asset: Asset) -> str:
    return f"{asset.kind}:{asset.sha256}"


def _size(size: int) -> str:
    return f"{size / MB:.1f} MB" if size >= MB else f"{size / _KB:.1f} KB"


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Pool]:
    pool = await open_pool(settings.database_url)
    try:
        yield pool
    finally:
        await pool.close()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@command
def main(arguments: Sequence[str]) -> None:
    args = _parser().parse_args(arguments)
    said = asyncio.run(_COMMANDS[args.command](args, load_settings()))
    sys.stdout.write(f"{said}\n" if said else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine media", description="Manage the files that campaigns send.")
    commands = parser.add_subparsers(dest="command", required=True)
    added = commands.add_parser("add", help="take a file in; it prints the name under which campaigns know it")
    added.add_argument("file", metavar="FILE", type=Path)
    added.add_argument("--kind", choices=get_args(MediaKind), required=True, help="what it is to be sent as")
    commands.add_parser("list", help="show what is there, the newest first")
    pruned = commands.add_parser("prune", help="show what neither a draft nor a published version names")
    pruned.add_argument("--yes", action="store_true", help="remove it")
    return parser
