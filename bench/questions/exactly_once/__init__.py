"""Does the loop hold? Many silences through real servers, with answers, payments and, if asked for, disturbances.

`script` says what people do and what they must receive, `judge` compares it with the sandbox's record, `pace` asks
whether a bot spoke too fast; all three are pure. `question` runs it all: `play` lets the people act, `kill`, `freeze`,
`reshard` and `restart` each disturb the processes and give a finding, `over` sees the end, `report` prints it.
"""
