"""The poller: claims what is due for the bots of one shard, sends it at each bot's pace, and mends what is broken."""
