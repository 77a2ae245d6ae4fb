"""Does the loop hold? Many silences through real servers, with answers, payments and, if asked for, a killed poller.

`script` says what people do and what they must receive, `judge` compares it with the sandbox's record; both are pure.
`stage` builds the house, `play` lets the people act, `kill` ends a poller in mid-run, `question` runs it all, `report`
prints it.
"""
