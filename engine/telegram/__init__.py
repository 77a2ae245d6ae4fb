"""The only door through which a message leaves, by aiogram. What comes of a send is a value, never an exception.

`session` speaks HTTP, `methods` says a content in aiogram's words, `answers` reads what came back.
"""

from engine.telegram.actions import Action, action_of
from engine.telegram.sender import Prepared, Sender
from engine.telegram.session import LONGEST_S, TIMEOUT_S

__all__ = ["LONGEST_S", "TIMEOUT_S", "Action", "Prepared", "Sender", "action_of"]
