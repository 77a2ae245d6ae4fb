"""What every question of the bench is made of: it starts the whole stack, reads its counts and prints an outcome.

A question is a folder with a `question.py` that ends in a QUESTION (see `question`); `scene` has everything ready that
most questions need, `cpu` says what a message cost, `observations` what the pollers saw.
"""
