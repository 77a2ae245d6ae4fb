"""What does an armed chat cost while nothing is due?

Read `question` from top to bottom. `traffic` listens to Redis, `figures` turns the readings into rates, `report` shows
them.
"""
