"""Turns an admin's message into a block: a text with its formatting, a file that is copied to the library, an album.

The files of an album arrive as separate messages, each of which adds its file to the same block. A block whose content
is replaced keeps its buttons where the new content can have any.
"""

from collections.abc import Callable
from functools import partial
from hashlib import sha256

from msgspec.structs import replace

from bot.composing import drafts
from bot.framework.incoming import IncomingFile, IncomingMessage
from bot.framework.screen import Visit
from engine.administration.campaigns import Edit
from engine.core.campaign import editing
from engine.core.campaign.snapshot import Block, Step
from engine.core.content import checks
from engine.core.content import model as contents
from engine.core.content.model import Album, Asset, Buttons, Content, Item, Media, Text
from engine.core.errors import CampaignError, MediaError
from engine.media.file_kinds import check_size


async def added(visit: Visit, step: Step, message: IncomingMessage) -> Edit:
    """The edit that adds the message to a step. Raises CampaignError, MediaError for what cannot be sent."""
    if message.album:
        return await _added_to_album(step, message)
    block = Block(drafts.new_key(visit, "b"), await content_of(message))
    return lambda draft: editing.add_block(draft, step.key, block)


async def instead(block: Block, message: IncomingMessage) -> Content:
    """The block's new content. Raises CampaignError, MediaError for what cannot be sent."""
    return await _begun(message) if message.album else await content_of(message, kept_buttons(block))


async def joined(message: IncomingMessage) -> Callable[[Block], Block]:
    """The change that adds another file to a block's album."""
    return partial(_with, item=await _item(message))


async def content_of(message: IncomingMessage, buttons: Buttons = ()) -> Content:
    """The message as content, with these buttons. Raises CampaignError, MediaError for what cannot be sent."""
    if message.file:
        asset = await _taken_over(message.file)
        content: Content = Media(asset.kind, asset.sha256, message.html, message.above, message.spoiler, buttons)
    elif message.text:
        content = Text(message.html, buttons=buttons)
    else:
        raise CampaignError("This can't be sent to users: send a text, a photo, a video, an album or another file.")
    checks.check(content)
    return content


async def _added_to_album(step: Step, message: IncomingMessage) -> Edit:
    key = f"a{sha256(message.album.encode()).hexdigest()[:16]}"
    if any(block.key == key for block in step.blocks):
        return partial(editing.change_block, step=step.key, key=key, change=await joined(message))
    block = Block(key, await _begun(message))
    return lambda draft: editing.add_block(draft, step.key, block)


async def _begun(message: IncomingMessage) -> Album:
    """An album with its first file; the others arrive later."""
    return Album((await _item(message),), message.above)


async def _item(message: IncomingMessage) -> Item:
    if message.file is None:
        raise MediaError("An album can only contain files: send the text separately.")
    asset = await _taken_over(message.file)
    if asset.kind not in ("photo", "video", "audio", "document"):
        raise MediaError(
            "An album can only contain photos, videos, music and documents: send the other file separately."
        )
    return Item(asset.kind, asset.sha256, message.html, message.spoiler)


def _with(block: Block, item: Item) -> Block:
    album = block.content
    if not isinstance(album, Album) or len(album.items) >= checks.MAX_ITEMS:
        raise CampaignError("An album can have at most 10 files: send the others as a second album.")
    return replace(block, content=replace(album, items=(*album.items, item)))


async def _taken_over(file: IncomingFile) -> Asset:
    """A file that is too big is refused before it is downloaded."""
    check_size(file.size, file.kind, file.name)
    return await file.fetch(file)


def with_buttons(block: Block, buttons: Buttons) -> Block:
    """The same block with other buttons. Raises CampaignError for an album, which cannot have any."""
    if isinstance(block.content, Album):
        raise CampaignError("An album can't have buttons: put them under a text after it.")
    return replace(block, content=replace(block.content, buttons=buttons))


def kept_buttons(block: Block) -> Buttons:
    return contents.buttons(block.content)
