"""Steps, blocks, and what a block carries."""
