"""What comes of each fault of the wire, at each block of a step?

Read `cases` first: it is the table of the faults and of what must come of each. `script` deals chats and bots to them,
`play` sets the faults and lets the people come, `suspension` sees a bot without a token through, `ledger` reads what
the engine holds and what the chats show, `judge` (pure) compares them, `report` tells it. `question` runs it all.
"""
