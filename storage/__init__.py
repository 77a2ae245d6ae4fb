"""The only door to Redis and PostgreSQL. Library exceptions end here."""
