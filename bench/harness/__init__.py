"""What every question of the bench is made of: the whole stack started, its counts read, a verdict told."""
