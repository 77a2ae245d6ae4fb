"""Does it stay as fast with more chats, bots and shards? Read `question` first, then `armed`, `herd` and `report`."""
