"""What a block says: its parts, what Telegram takes of them, and what one person gets."""
