"""The receiver: takes the bots' updates in, and makes of each sign of life a touch."""
