"""The methods of the Bot API, one file per group: pure functions of a call, found by lower-case name."""

from bench.sandbox.bot_api.methods.actions import ACTIONS
from bench.sandbox.bot_api.methods.albums import ALBUMS
from bench.sandbox.bot_api.methods.answers import ANSWERS
from bench.sandbox.bot_api.methods.bots import BOTS
from bench.sandbox.bot_api.methods.call import Method
from bench.sandbox.bot_api.methods.chats import CHATS
from bench.sandbox.bot_api.methods.commands import COMMANDS
from bench.sandbox.bot_api.methods.copy import COPIES
from bench.sandbox.bot_api.methods.deletes import DELETES
from bench.sandbox.bot_api.methods.downloads import DOWNLOAD, DOWNLOADS, download
from bench.sandbox.bot_api.methods.edits import EDITS
from bench.sandbox.bot_api.methods.media import MEDIA
from bench.sandbox.bot_api.methods.media_edits import MEDIA_EDITS
from bench.sandbox.bot_api.methods.messages import MESSAGES
from bench.sandbox.bot_api.methods.payments import PAYMENTS
from bench.sandbox.bot_api.methods.polls import POLLS
from bench.sandbox.bot_api.methods.webhooks import WEBHOOKS
from bench.sandbox.bot_api.spec import read_spec

MODELLED: dict[str, Method] = {
    **ACTIONS,
    **ALBUMS,
    **ANSWERS,
    **BOTS,
    **CHATS,
    **COMMANDS,
    **COPIES,
    **DELETES,
    **DOWNLOADS,
    **EDITS,
    **MEDIA,
    **MEDIA_EDITS,
    **MESSAGES,
    **PAYMENTS,
    **POLLS,
    **WEBHOOKS,
}
METHODS: dict[str, Method] = {name.lower(): method for name, method in MODELLED.items()}
METHODS[DOWNLOAD] = download
# Every method of the Bot API, as it is written. getUpdates is served by the long polling, because it waits.
CANONICAL = {name: method.name for name, method in read_spec().methods.items()}
