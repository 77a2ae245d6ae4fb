"""The Bot API as Telegram answers it: endpoint, limits, faults, updates, methods."""
