"""What would people use instead, and how does it do the same work?

Each peer is a small script in `scripts`, driven as its own documentation advises, in an environment of its own with the
versions in `pins`. `catalogue` lists the rows, `trial` makes one measurement, `figures` and `comparison` turn the
measurements into rows and say who is ahead of whom. Nothing of a peer is ever imported here.
"""
