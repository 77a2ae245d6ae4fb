"""The methods of the Bot API, one file per group: pure functions of a call, found by lower-case name."""

from bench.sandbox.methods.actions import ACTIONS
from bench.sandbox.methods.albums import ALBUMS
from bench.sandbox.methods.answers import ANSWERS
from bench.sandbox.methods.bots import BOTS
from bench.sandbox.methods.call import Method
from bench.sandbox.methods.chats import CHATS
from bench.sandbox.methods.commands import COMMANDS
from bench.sandbox.methods.copy import COPIES
from bench.sandbox.methods.deletes import DELETES
from bench.sandbox.methods.downloads import DOWNLOAD, DOWNLOADS, download
from bench.sandbox.methods.edits import EDITS
from bench.sandbox.methods.media import MEDIA
from bench.sandbox.methods.media_edits import MEDIA_EDITS
from bench.sandbox.methods.messages import MESSAGES
from bench.sandbox.methods.payments import PAYMENTS
from bench.sandbox.methods.polls import POLLS
from bench.sandbox.methods.webhooks import WEBHOOKS
from bench.sandbox.spec import read_spec

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
# Every method of the Bot API, as it is written. getUpdates is among them and is the transport's, because it waits.
CANONICAL = {name: method.name for name, method in read_spec().methods.items()}
