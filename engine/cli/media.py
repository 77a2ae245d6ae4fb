"""`python -m engine media`: adds files to the library, lists them, and removes what nothing names any more."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from engine.cli.shared import (
    Json,
    Yes,
    example,
    noun,
    open_servers,
    say,
    say_json,
    say_rows,
    working,
)
from engine.core.content.model import MediaKind
from engine.media import prune as pruning
from engine.media.file_kinds import MB
from engine.media.library import Library
from engine.media.paths import needed
from engine.settings import load_settings
from storage.postgres import media
from storage.postgres.media import Shelved

_KB: Final = 1024

app = noun("media", "media list")


@app.command(help_epilogue=example("media add banner.png --kind photo"))
async def add(
    file: Annotated[Path, Parameter(help="The file to add.")],
    /,
    *,
    kind: Annotated[MediaKind, Parameter(help="What it will be sent as.")],
) -> None:
    """Add a file, and print the name by which campaigns know it."""
    async with open_servers() as servers:
        with working("Adding ..."):
            library = Library(servers.pool, servers.settings.media_dir)
            stored = await library.add_file(file, kind, await servers.now_ms())
    say(f"{stored.asset.kind}:{stored.asset.sha256}")


@app.command(name="list", help_epilogue=example("media list"))
async def list_media(*, json: Json = False) -> None:
    """List the files, the newest first."""
    async with open_servers() as servers:
        found = await media.list_all(servers.pool)
    if json:
        say_json(list(map(_data, found)))
    else:
        _say_files(found)


@app.command(help_epilogue=example("media prune --yes"))
async def prune(*, yes: Yes = False, json: Json = False) -> None:
    """Remove the files that neither a draft nor a published version names. Without --yes, list them."""
    settings = load_settings()
    directory = needed(settings.media_dir)
    async with open_servers(settings) as servers:
        with working("Looking for what nothing names ..."):
            if yes:
                found = await pruning.prune(servers.pool, directory, await servers.now_ms())
            else:
                found = await pruning.unused(servers.pool, await servers.now_ms())
    if json:
        say_json({"removed": yes, "files": list(map(_data, found))})
    elif found:
        _say_files(found)
        say(f"Removed: {len(found)}." if yes else f"Unused: {len(found)}.\n`prune --yes` removes them.")
    else:
        say("Nothing is unused.")


def _say_files(found: Sequence[Shelved]) -> None:
    say_rows(
        ("file", "size", "type", "name"),
        [(f"{one.asset.kind}:{one.asset.sha256}", _size(one.size), one.mime, one.name) for one in found],
    )


def _data(one: Shelved) -> dict[str, Any]:
    return {"kind": one.asset.kind, "sha256": one.asset.sha256, "size": one.size, "mime": one.mime, "name": one.name}


def _size(size: int) -> str:
    return f"{size / MB:.1f} MB" if size >= MB else f"{size / _KB:.1f} KB"
