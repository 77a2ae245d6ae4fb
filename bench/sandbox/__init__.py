"""A local Telegram: a Bot API over HTTP on loopback, by polling and by webhook, with people who act,
faults to order, and a record.

State, methods and markup are pure and know no socket; `api` and `control` are the two ports over them;
`wire` is what the control port speaks and `client` speaks it. Nothing of the product imports this package.
"""

from bench.sandbox.client import ControlFailedError, SandboxClient
from bench.sandbox.server import Sandbox

__all__ = ["ControlFailedError", "Sandbox", "SandboxClient"]
