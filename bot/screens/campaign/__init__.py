"""A campaign: its settings, versions and trials, and the screens that start or end it."""
