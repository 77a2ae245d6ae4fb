"""What an admin has sent becomes a block: a text as it was formatted, a file taken over into the library, an album.

The files of an album come as messages of their own, each of which adds its file to the same block. Who edits a block
by sending something anew keeps its buttons where they can be kept.
"""

from collections.abc import Callable
from functools import partial
from hashlib import sha256

from msgspec.structs import replace

from bot.composing import drafts
from bot.framework.incoming import Said, Sent
from bot.framework.screen import Visit
from engine.administration.campaigns import Edit
from engine.core.campaign import editing
from engine.core.campaign.snapshot import Block, Step
from engine.core.content import checks
from engine.core.content import model as contents
from engine.core.content.model import Album, Asset, Buttons, Content, Item, Media, Text
from engine.core.errors import CampaignError, MediaError
from engine.media.file_kinds import check_size
from engine.telegram import download
from engine.telegram.client import BotApi


async def added(visit: Visit, step: Step, said: Said) -> Edit:
    """The edit that adds it to a step. Raises CampaignError, MediaError for what cannot be sent."""
    if said.album:
        return await _added_to_album(visit, step, said)
    block = Block(drafts.new_key(visit, "b"), await content_of(visit, said))
    return lambda draft: editing.add_block(draft, step.key, block)


async def instead(visit: Visit, block: Block, said: Said) -> Content:
    """What the block says from now on. Raises CampaignError, MediaError for what cannot be sent."""
    return await _begun(visit, said) if said.album else await content_of(visit, said, kept_buttons(block))


async def joined(visit: Visit, said: Said) -> Callable[[Block], Block]:
    """The change of a block by which a further file comes into its album."""
    return partial(_with, item=await _item(visit, said))


async def content_of(visit: Visit, said: Said, buttons: Buttons = ()) -> Content:
    """What it says, with these buttons. Raises CampaignError, MediaError for what cannot be sent."""
    if said.sent:
        asset = await _taken_over(visit, said.sent)
        content: Content = Media(asset.kind, asset.sha256, said.html, said.above, said.spoiler, buttons)
    elif said.text:
        content = Text(said.html, buttons=buttons)
    else:
        raise CampaignError("This can't be sent to users: send a text, a photo, a video, an album or another file.")
    checks.check(content)
    return content


async def _added_to_album(visit: Visit, step: Step, said: Said) -> Edit:
    key = f"a{sha256(said.album.encode()).hexdigest()[:16]}"
    if any(block.key == key for block in step.blocks):
        return partial(editing.change_block, step=step.key, key=key, change=await joined(visit, said))
    block = Block(key, await _begun(visit, said))
    return lambda draft: editing.add_block(draft, step.key, block)


async def _begun(visit: Visit, said: Said) -> Album:
    """An album with its first file; the others follow."""
    return Album((await _item(visit, said),), said.above)


async def _item(visit: Visit, said: Said) -> Item:
    if said.sent is None:
        raise MediaError("An album can only contain files: send the text separately.")
    asset = await _taken_over(visit, said.sent)
    if asset.kind not in ("photo", "video", "audio", "document"):
        raise MediaError(
            "An album can only contain photos, videos, music and documents: send the other file separately."
        )
    return Item(asset.kind, asset.sha256, said.html, said.spoiler)


def _with(block: Block, item: Item) -> Block:
    album = block.content
    if not isinstance(album, Album) or len(album.items) >= checks.MAX_ITEMS:
        raise CampaignError("An album can have at most 10 files: send the others as a second album.")
    return replace(block, content=replace(album, items=(*album.items, item)))


async def _taken_over(visit: Visit, sent: Sent) -> Asset:
    """Too big is said before anything is fetched."""
    check_size(sent.size, sent.kind, sent.name)
    desk = visit.desk
    token = desk.settings.manager_token
    api = BotApi(desk.http, desk.settings.telegram_api_url, token.reveal() if token else "")
    name = sent.name if sent.name != sent.kind else ""
    stored = await download.receive(desk.library, api, sent.file_id, sent.kind, name, visit.now_ms)
    return stored.asset


def with_buttons(block: Block, buttons: Buttons) -> Block:
    """The same block with other buttons. Raises CampaignError for what takes none."""
    if isinstance(block.content, Album):
        raise CampaignError("An album can't have buttons: put them under a text after it.")
    return replace(block, content=replace(block.content, buttons=buttons))


def kept_buttons(block: Block) -> Buttons:
    return contents.buttons(block.content)
