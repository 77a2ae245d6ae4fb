"""The only way to the Bot API. The outcome of a send is a value, never an exception.

`exchange` speaks HTTP. `sender` sends messages: `methods` turns a content into a call, `session` makes it, `answers`
reads what came back. `client` makes all other calls.
"""
