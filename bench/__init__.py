"""Load tests, one file per question, and the sandbox they talk to. Nothing of the product imports this room."""
