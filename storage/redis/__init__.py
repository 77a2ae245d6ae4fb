"""The way to Redis: timers, claims and marks, which may be lost and are then rebuilt from PostgreSQL."""
