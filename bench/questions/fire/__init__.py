"""How many due timers a second do two pollers take from claim to committed delivery and settled timer?

Read `question` from top to bottom. `herd` is the engine's turn, `raw` what it is compared with, `report` shows both.
"""
