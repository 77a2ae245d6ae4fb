"""Home, one bot, its team, and what stops or removes them."""
