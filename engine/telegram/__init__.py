"""The only way to the Bot API. The outcome of a send is a value, never an exception.

`sender` sends messages through aiogram: `session` speaks HTTP, `methods` turns a content into aiogram's methods, and
`answers` reads what came back. `client` makes all other calls, without aiogram, which would double the receiver's
memory.
"""
