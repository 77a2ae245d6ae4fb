"""The library of media: what is known of each asset, and its file id at Telegram for each bot.

A file id belongs to one bot, and to the kind that Telegram took the file for, which need not be that of the asset. It
may be lost at any time, because the bytes are kept elsewhere.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from asyncpg import Record

from engine.core.content.model import Asset, TelegramFile
from storage.postgres.lock_waits import PRUNE_MEDIA
from storage.postgres.maintenance import maintenance
from storage.postgres.pool import Connection, Pool, fetch, transaction

_LIST_ALL: Final = """
SELECT kind, encode(sha256, 'hex'), size, mime, name FROM media ORDER BY created_at DESC, sha256, kind
"""
_LIST_UNUSED: Final = """
WITH used AS MATERIALIZED (
    SELECT sha256 #>> '{}'
    FROM (SELECT document FROM recovery_blocks UNION ALL SELECT document FROM recovery_versions) documents,
        jsonb_path_query(document, '$.**.sha256') sha256
    WHERE jsonb_typeof(sha256) = 'string'
)
SELECT kind, encode(sha256, 'hex'), size, mime, name FROM media
WHERE created_at < $1 AND encode(sha256, 'hex') NOT IN (SELECT * FROM used)
ORDER BY sha256, kind LIMIT $2
"""
_REMOVE_FILES: Final = """
DELETE FROM media_files USING unnest($1::bytea[], $2::text[]) AS w(sha256, kind)
WHERE (media_files.sha256, media_files.kind) = (w.sha256, w.kind)
"""
_REMOVE: Final = """
DELETE FROM media USING unnest($1::bytea[], $2::text[]) AS w(sha256, kind)
WHERE (media.sha256, media.kind) = (w.sha256, w.kind)
"""
_FIND_GONE: Final = """
SELECT DISTINCT encode(sha256, 'hex') FROM unnest($1::bytea[], $2::text[]) AS w(sha256, kind)
WHERE sha256 NOT IN (SELECT sha256 FROM media)
"""
_FIND_KNOWN: Final = """
SELECT kind, encode(sha256, 'hex') FROM unnest($1::bytea[], $2::text[]) AS w(sha256, kind)
JOIN media USING (sha256, kind)
"""
_LOOK_UP: Final = """
SELECT kind, encode(sha256, 'hex'), name, coalesce(taken_as, kind), file_id
FROM unnest($1::bytea[], $2::text[]) AS w(sha256, kind)
JOIN media USING (sha256, kind)
LEFT JOIN (SELECT * FROM media_files WHERE bot_id = $3) AS files USING (sha256, kind)
"""
_LOCK: Final = 7_203_120  # any number, as long as it is ours alone


class Kept(NamedTuple):
    """An asset of the library, and the file at Telegram, if that bot has sent it before."""

    name: str
    file: TelegramFile | None


class Shelved(NamedTuple):
    """What is shown of an asset."""

    asset: Asset
    size: int
    mime: str
    name: str


@asynccontextmanager
async def adding(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction, during which nothing is pruned. Raises UnreachableError."""
    async with transaction(pool) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _LOCK)
        yield connection


@asynccontextmanager
async def pruning(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction, during which nothing is added. Raises HeldError, UnreachableError."""
    async with maintenance(pool, PRUNE_MEDIA, "The unused media were not looked for") as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        yield connection


async def add(connection: Connection, asset: Asset, size: int, mime: str, name: str, now_ms: int) -> None:
    """Keep an asset as of now; a known one keeps its first name."""
    await connection.execute(
        "INSERT INTO media (sha256, kind, size, mime, name, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (sha256, kind) DO UPDATE SET created_at = greatest(media.created_at, excluded.created_at)",
        *(bytes.fromhex(asset.sha256), asset.kind, size, mime, name, now_ms),
    )


async def list_all(pool: Pool) -> list[Shelved]:
    """Everything, the newest first. Raises UnreachableError."""
    return _shelved(await fetch(pool, _LIST_ALL))


async def list_unused(connection: Connection, before_ms: int, limit: int | None = None) -> list[Shelved]:
    """Added before that moment, with content that neither a draft nor any published version names."""
    return _shelved(await connection.fetch(_LIST_UNUSED, before_ms, limit))


async def remove(connection: Connection, assets: Sequence[Asset]) -> list[str]:
    """Forget these; returns the contents (`sha256`) that are now kept under no kind."""
    columns = _columns(assets)
    await connection.execute(_REMOVE_FILES, *columns)
    await connection.execute(_REMOVE, *columns)
    rows = await connection.fetch(_FIND_GONE, *columns)
    return [row[0] for row in rows]


async def missing(connection: Connection, assets: Sequence[Asset]) -> tuple[Asset, ...]:
    """Those that the library lacks, in order."""
    rows = await connection.fetch(_FIND_KNOWN, *_columns(assets))
    known = {Asset(*row) for row in rows}
    return tuple(asset for asset in dict.fromkeys(assets) if asset not in known)


async def look_up(pool: Pool, bot_id: int, assets: Sequence[Asset]) -> Mapping[Asset, Kept]:
    """What the library has of these, with the bot's file ids. Raises UnreachableError."""
    rows = await fetch(pool, _LOOK_UP, *_columns(assets), bot_id)
    return {
        Asset(kind, sha256): Kept(name, TelegramFile(taken_as, file_id) if file_id else None)
        for kind, sha256, name, taken_as, file_id in rows
    }


async def put_files(pool: Pool, bot_id: int, files: Mapping[Asset, TelegramFile]) -> None:
    """Keep a bot's files at Telegram; newer ones replace older ones. Raises UnreachableError."""
    async with transaction(pool) as connection:
        await connection.execute(
            "INSERT INTO media_files (sha256, kind, bot_id, taken_as, file_id)"
            " SELECT sha256, kind, $3, taken_as, file_id"
            " FROM unnest($1::bytea[], $2::text[], $4::text[], $5::text[]) AS given (sha256, kind, taken_as, file_id)"
            " ORDER BY sha256, kind ON CONFLICT (bot_id, sha256, kind)"
            " DO UPDATE SET taken_as = excluded.taken_as, file_id = excluded.file_id",
            *(*_columns(tuple(files)), bot_id),
            *([file.kind for file in files.values()], [file.file_id for file in files.values()]),
        )


async def drop_file(pool: Pool, bot_id: int, asset: Asset, file_id: str) -> None:
    """Forget a file id that Telegram refused, unless another has taken its place. Raises UnreachableError."""
    async with transaction(pool) as connection:
        await connection.execute(
            "DELETE FROM media_files WHERE bot_id = $1 AND sha256 = $2 AND kind = $3 AND file_id = $4",
            *(bot_id, bytes.fromhex(asset.sha256), asset.kind, file_id),
        )


def _columns(assets: Sequence[Asset]) -> tuple[list[bytes], list[str]]:
    return [bytes.fromhex(asset.sha256) for asset in assets], [asset.kind for asset in assets]


def _shelved(rows: Iterable[Record]) -> list[Shelved]:
    return [Shelved(Asset(kind, sha256), size, mime, name) for kind, sha256, size, mime, name in rows]
