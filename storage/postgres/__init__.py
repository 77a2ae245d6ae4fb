"""The way to PostgreSQL: campaigns, episodes and deliveries, which must not be lost."""
