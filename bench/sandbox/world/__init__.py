"""What exists: bots, chats, messages, files, and how much of it is kept."""
