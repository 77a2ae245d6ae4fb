"""How late is a message, and what does it cost, while people fall silent at a steady rate?

Read `question` from top to bottom. `figures` turns what the pollers saw into figures, `report` shows them.
"""
