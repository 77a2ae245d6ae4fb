"""What begins and ends a silence: signs of life, ends, payments."""
