"""What a block says: its parts, what Telegram accepts, and what one person gets."""
