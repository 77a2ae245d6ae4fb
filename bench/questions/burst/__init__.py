"""Does every bot keep its pace, and leave the others theirs, when all of them have a herd to send at once?

Read `question` from top to bottom. `gate` lets the herd stand and go, `judge` reads the sandbox's record.
"""
