"""The only way to the Bot API. The outcome of a send is a value, never an exception.

`sender` sends messages through aiogram: `session` speaks HTTP, `methods` turns a content into aiogram's methods, and
`answers` reads what came back. `client` makes all other calls.
"""

from engine.telegram.actions import Action, action_of
from engine.telegram.sender import Prepared, Sender
from engine.telegram.session import LONGEST_S, TIMEOUT_S

__all__ = ["LONGEST_S", "TIMEOUT_S", "Action", "Prepared", "Sender", "action_of"]
