"""Is every message that is owed sent exactly once and in time, and nothing else?

`script` decides what people do and what they must receive, `judge` compares that with the sandbox's record; both are
pure. `question` runs it all: `play` has the people act, `kill`, `deafen`, `freeze`, `reshard`, `restart` and
`second_reader` each disturb the engine and give a finding, `over` detects the end, `report` shows the verdict. After
another program has read the updates, `doubt` says what is still owed.
"""
