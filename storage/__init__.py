"""The only way to Redis and PostgreSQL. The exceptions of their libraries end here."""
