"""A local Telegram: a Bot API over HTTP on loopback, with polling and webhooks, people who act, faults on demand,
and a record of every request.

`world`, `formatting` and the methods are pure and know no socket. `bot_api` and `control` are the two ports over them;
`protocol` is the language of the control port, and `client` speaks it. The product does not import this package, and
this package does not import the product, but for one optional plug.
"""

from bench.sandbox.client import ControlFailedError, SandboxClient
from bench.sandbox.server import Sandbox

__all__ = ["ControlFailedError", "Sandbox", "SandboxClient"]
