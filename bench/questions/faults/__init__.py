"""How does each fault of the Bot API end, at each block of a step?

Read `cases` first: it is the table of the faults and of how each must end. `script` deals chats and bots to them,
`play` sets the faults and has the people come, `suspension` takes care of a bot whose token is refused, `ledger` reads
what the engine holds and what the chats show, `judge` (pure) compares them, `report` shows the verdict. `question` runs
it all.
"""
