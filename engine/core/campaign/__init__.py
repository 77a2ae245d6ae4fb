"""A campaign: what is composed, checked, published and sent."""
