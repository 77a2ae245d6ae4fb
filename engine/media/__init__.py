"""Media: their bytes on disk, named by their hash, and the names that Telegram gives them, one for each bot."""
