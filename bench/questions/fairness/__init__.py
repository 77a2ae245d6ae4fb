"""Does one bot's burst delay the others?

Read `question` from top to bottom. `burst` makes one bot's chats due at once, `figures` compares what the others saw.
"""
