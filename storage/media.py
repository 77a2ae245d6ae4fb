"""The library of media: what is known of each asset, and the name that each bot has for it at Telegram.

A file id belongs to one bot and one kind; it may be lost at any time, because the bytes are kept elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from engine.core.content import Asset
from storage.postgres import Pool, transaction

_ASKED: Final = "unnest($1::bytea[], $2::text[]) AS asked (sha256, kind)"


class Kept(NamedTuple):
    """An asset of the library, and its file id of one bot, if that bot has sent it before."""

    name: str
    file_id: str | None


async def add(pool: Pool, asset: Asset, size: int, mime: str, name: str, now_ms: int) -> None:
    """Keep an asset, as of now; one that is known keeps its first name. Raises UnreachableError."""
    async with transaction(pool) as connection:
        await connection.execute(
            "INSERT INTO media (sha256, kind, size, mime, name, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
            " ON CONFLICT (sha256, kind) DO UPDATE SET created_at = greatest(media.created_at, excluded.created_at)",
            *(bytes.fromhex(asset.sha256), asset.kind, size, mime, name, now_ms),
        )


async def missing(pool: Pool, assets: Sequence[Asset]) -> tuple[Asset, ...]:
    """Those that the library does not have, in order. Raises UnreachableError."""
    async with transaction(pool) as connection:
        rows = await connection.fetch(
            f"SELECT kind, encode(sha256, 'hex') FROM {_ASKED} JOIN media USING (sha256, kind)", *_columns(assets)
        )
    known = {Asset(*row) for row in rows}
    return tuple(asset for asset in dict.fromkeys(assets) if asset not in known)


async def look_up(pool: Pool, bot_id: int, assets: Sequence[Asset]) -> Mapping[Asset, Kept]:
    """What the library has of these, with the bot's file ids. Raises UnreachableError."""
    async with transaction(pool) as connection:
        rows = await connection.fetch(
            f"SELECT kind, encode(sha256, 'hex'), name, file_id FROM {_ASKED} JOIN media USING (sha256, kind)"
            " LEFT JOIN (SELECT * FROM media_files WHERE bot_id = $3) AS files USING (sha256, kind)",
            *(*_columns(assets), bot_id),
        )
    return {Asset(kind, sha256): Kept(name, file_id) for kind, sha256, name, file_id in rows}


async def put_files(pool: Pool, bot_id: int, file_ids: Mapping[Asset, str]) -> None:
    """Keep a bot's file ids, newer ones in place of older. Raises UnreachableError."""
    async with transaction(pool) as connection:
        await connection.execute(
            "INSERT INTO media_files (sha256, kind, bot_id, file_id) SELECT sha256, kind, $3, file_id"
            " FROM unnest($1::bytea[], $2::text[], $4::text[]) AS given (sha256, kind, file_id)"
            " ORDER BY sha256, kind"
            " ON CONFLICT (bot_id, sha256, kind) DO UPDATE SET file_id = excluded.file_id",
            *(*_columns(tuple(file_ids)), bot_id, list(file_ids.values())),
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
