"""How many signs of life a second can one process write down?

Read `question` from top to bottom. `contestants` are the ways to write them, `report` compares them.
"""
