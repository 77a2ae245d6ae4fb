"""The methods of the Bot API, one file per group: pure functions of a call, found by lower-case name."""

from bench.sandbox.methods.bots import BOTS
from bench.sandbox.methods.call import Method
from bench.sandbox.methods.chats import CHATS
from bench.sandbox.methods.messages import MESSAGES
from bench.sandbox.methods.webhooks import WEBHOOKS

METHODS: dict[str, Method] = {
    name.lower(): method for group in (BOTS, CHATS, MESSAGES, WEBHOOKS) for name, method in group.items()
}
CANONICAL = {name.lower(): name for name in ("getUpdates", *(n for g in (BOTS, CHATS, MESSAGES, WEBHOOKS) for n in g))}
