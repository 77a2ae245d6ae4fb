"""How many messages a second leave when everybody is due at once, and what does a message cost?

Read `question` from top to bottom. `herd` has everybody fall due, `aiogram_alone` is what it is compared with,
`figures` judges the sandbox's record, `report` shows it.
"""
