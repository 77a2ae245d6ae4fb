"""How fast the manager shows its screens, and how many statements one takes."""
