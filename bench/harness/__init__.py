"""What every question of the bench is made of: it starts the whole stack, reads its counts and prints an outcome."""
