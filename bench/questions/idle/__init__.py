"""What does an armed chat cost while nothing is due?

Read `question` from top to bottom. `fill` arms the chats, `traffic` listens to Redis, `gauges` reads processes and
PostgreSQL, `figures` makes rates of the readings, `report` tells them.
"""
