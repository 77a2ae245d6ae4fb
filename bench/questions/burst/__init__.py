"""Does every bot keep its pace, without slowing the others, when all their chats are due at once?

Read `question` from top to bottom. `judge` reads the sandbox's record.
"""
