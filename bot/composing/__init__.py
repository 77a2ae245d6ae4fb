"""What screens share when they change a draft, try it out, or change a team."""
