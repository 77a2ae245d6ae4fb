"""What does an armed chat cost in memory? Read `question` first, then `chats`, `processes` and `report`."""
